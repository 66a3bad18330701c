namespace PgHa.Simulation;

/// <summary>What happens to machines, servers, links, disks and clocks.</summary>
internal static partial class Moves
{
    private static (string, Action<Field>) KillAgent(Random random, IReadOnlyList<string> names)
    {
        return KillAgent(Any(random, names), random.Next(20, 4000));
    }

    internal static (string Words, Action<Field> Play) KillAgent(string name, int back)
    {
        return ($"the agent of {name} is killed, and started again after {back} ms", field =>
        {
            field[name].KillAgent();
            field.Later(back, field[name].StartAgent);
        });
    }

    private static (string, Action<Field>) KillServer(Random random, IReadOnlyList<string> names)
    {
        return KillServer(Any(random, names));
    }

    internal static (string Words, Action<Field> Play) KillServer(string name)
    {
        return ($"the server of {name} is killed", field => field[name].Server.Crash(keepsWritten: true));
    }

    private static (string, Action<Field>) Machine(Random random, IReadOnlyList<string> names)
    {
        var (name, back, server) = (Any(random, names), random.Next(500, 15000), random.Next(3) == 0);
        return ($"the machine of {name} crashes, and is back after {back} ms{(server ? ", its server too" : "")}", field =>
        {
            field[name].Crash();
            field.Later(back, () =>
            {
                field[name].StartAgent();
                if (server)
                    field[name].StartByHand();
            });
        });
    }

    private static (string, Action<Field>) Cut(Random random, IReadOnlyList<string> names)
    {
        return Cut(Any(random, names), Any(random, names), random.Next(3) > 0, random.Next(50, 12000));
    }

    private static (string, Action<Field>) Cut(string from, string to, bool both, int back)
    {
        return ($"the link from {from} to {to} is cut{(both ? " in both directions" : "")} for {back} ms", field =>
        {
            field.Network.Cut(from, to);
            if (both)
                field.Network.Cut(to, from);
            field.Later(back, () =>
            {
                field.Network.Mend(from, to);
                field.Network.Mend(to, from);
            });
        });
    }

    private static (string, Action<Field>) StartByHand(Random random, IReadOnlyList<string> names)
    {
        var name = Any(random, names);
        return ($"a supervisor starts the server of {name}", field => field[name].StartByHand());
    }

    private static (string, Action<Field>) StopByHand(Random random, IReadOnlyList<string> names)
    {
        return StopByHand(Any(random, names));
    }

    internal static (string Words, Action<Field> Play) StopByHand(string name)
    {
        return ($"somebody stops the server of {name}", field => field[name].Server.Stop());
    }

    private static (string, Action<Field>) Disk(Random random, IReadOnlyList<string> names)
    {
        return Disk(Any(random, names), random.Next(100, 5000));
    }

    internal static (string Words, Action<Field> Play) Disk(string name, int back)
    {
        return ($"the disk of {name} is full for {back} ms", field =>
        {
            field[name].Disk.Full = true;
            field.Later(back, () => field[name].Disk.Full = false);
        });
    }

    private static (string, Action<Field>) Clock(Random random, IReadOnlyList<string> names)
    {
        var (name, by) = (Any(random, names), TimeSpan.FromSeconds(random.Next(-90000, 90000)));
        return ($"the clock of {name} jumps by {by.TotalSeconds} s", field => field[name].ClockOffset += by);
    }

    /// <summary>Only of a server that does not run.</summary>
    private static (string, Action<Field>) Away(Random random, IReadOnlyList<string> names)
    {
        var (name, back) = (Any(random, names), random.Next(200, 8000));
        return ($"the data directory of {name}, if it is stopped, is not mounted for {back} ms", field =>
        {
            var machine = field[name];
            if (machine.Server.Runs)
                return;
            machine.Disk.Away = true;
            field.Later(back, () => machine.Disk.Away = false);
        });
    }

    /// <summary>Of a running server: a checkpoint, and no slot keeps WAL for the others.</summary>
    private static (string, Action<Field>) Recycle(Random random, IReadOnlyList<string> names)
    {
        var name = Any(random, names);
        return ($"the WAL of {name} before its checkpoint is recycled", field => field[name].Server.Recycle());
    }

    /// <summary>Only of a standby that is stopped, and whose rows a running primary holds.</summary>
    private static (string, Action<Field>) Lost(Random random, IReadOnlyList<string> names)
    {
        var name = Any(random, names);
        return ($"the disk of {name}, if it is a stopped standby that holds nothing of its own, is replaced by an empty one", field =>
        {
            var machine = field[name];
            if (machine is { Server.Runs: false, Disk: { Away: false, Data: { Signal: true } data } }
                && field.Machines.Where(m => m.Server.Accepts).ToArray() is [var primary] && data.Rows().All(primary.Server.Rows().Contains))
                machine.Disk.Data = null;
        });
    }

    private static (string, Action<Field>) SlowStop(Random random, IReadOnlyList<string> names)
    {
        var (name, takes) = (Any(random, names), random.Next(500, 20000));
        return ($"stops of the server of {name} take {takes} ms from now on", field => field[name].Server.StopTakes = TimeSpan.FromMilliseconds(takes));
    }

    private static (string, Action<Field>) SlowPromotion(Random random, IReadOnlyList<string> names)
    {
        return SlowPromotion(Any(random, names), random.Next(500, 15000), random.Next(4) == 0);
    }

    internal static (string Words, Action<Field> Play) SlowPromotion(string name, int takes, bool closed)
    {
        return ($"promotions of the server of {name} take {takes} ms from now on{(closed ? ", and sessions that wait for them are closed" : "")}", field =>
            (field[name].Server.PromotionTakes, field[name].Server.PromotionsClose) = (TimeSpan.FromMilliseconds(takes), closed));
    }

    private static (string, Action<Field>) Repeating(int late)
    {
        return ($"from now on half of the orders come once more, up to {late} ms later", field =>
            field.Network.Repeats = _ => field.World.Random.Next(2) == 0 ? field.World.Between(0, late) : null);
    }

    internal static (string Words, Action<Field> Play) StartsAgain(string name, int after)
    {
        return ($"a supervisor starts the server of {name} {after} ms after each of its ends from now on", field => field[name].Server.StartedAgainAfter = TimeSpan.FromMilliseconds(after));
    }

    /// <summary>Only of a server that does not run.</summary>
    private static (string, Action<Field>) Signal(string name)
    {
        return ($"somebody writes standby.signal on {name}, if it is stopped", field =>
        {
            if (field[name] is { Server.Runs: false, Disk.Mounted: { } data })
                data.Signal = true;
        });
    }

    /// <summary>Also under a server that runs: it read the file when it started.</summary>
    internal static (string, Action<Field>) SignalGone(string name) => ($"somebody removes standby.signal on {name}", field =>
    {
        if (field[name] is { Disk.Mounted: { } data })
            data.Signal = false;
    });
}
