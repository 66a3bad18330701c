using PgHa.Agent.Plans;

namespace PgHa.Simulation;

/// <summary>What happens where the agents decide, and what people do beside them.</summary>
internal static partial class Moves
{
    internal static Move[] Unattended(Random random, IReadOnlyList<string> names)
    {
        return random.Next(12) switch
        {
            0 => [.. Lagging(random, names), .. Anything(random, names)],
            1 => [.. ReturnsTwice(random, names), .. Anything(random, names)],
            2 => [.. Moved(random, names), .. Anything(random, names)],
            _ => Anything(random, names),
        };
    }

    /// <summary>A standby is cut from the primary, and has less WAL than another when that is lost.</summary>
    private static Move[] Lagging(Random random, IReadOnlyList<string> names)
    {
        var lagging = names[1 + random.Next(names.Count - 1)];
        return [At(random.Next(0, 2000), Isolate(names[0], [lagging], random.Next(6000, 30000))), At(random.Next(300, 4000), Reboot(names[0], random.Next(9000, 40000)))];
    }

    /// <summary>A node that lost its place comes back, and is cut off once more while it does.</summary>
    private static Move[] ReturnsTwice(Random random, IReadOnlyList<string> names)
    {
        var away = random.Next(9000, 20000);
        return
        [
            At(random.Next(0, 1000), Isolate(names[0], [.. names, SimEtcd.Name], away)),
            At(away + random.Next(200, 2500), Isolate(random.Next(2) == 0 ? names[0] : Any(random, names), names, random.Next(500, 15000))),
        ];
    }

    /// <summary>A switchover, and etcd is lost to its target, or to all, on the way.</summary>
    private static Move[] Moved(Random random, IReadOnlyList<string> names)
    {
        var target = names[1 + random.Next(names.Count - 1)];
        var lost = random.Next(3) == 0 ? EtcdOut(random.Next(500, 12000)) : Isolate(random.Next(3) > 0 ? target : names[0], [SimEtcd.Name], random.Next(500, 15000));
        return [At(random.Next(500, 3000), Meddling(Call(Any(random, names), new Switchover(names[0], StopOrder.PrimaryFirst, target) { By = SwitchoverForm.Promote }))), At(random.Next(20, 500), lost)];
    }

    private static Move[] Anything(Random random, IReadOnlyList<string> names)
    {
        var dense = random.Next(2) == 0;
        return [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => At(dense && random.Next(4) > 0 ? random.Next(0, 1500) : random.Next(0, 12000), DrawUnattended(random, names)))];
    }

    private static (string, Action<Field>) DrawUnattended(Random random, IReadOnlyList<string> names) => random.Next(100) switch
    {
        < 12 => KillServer(Primary(random, names)),
        < 22 => KillAgent(Primary(random, names), random.Next(20, 15000)),
        < 34 => Reboot(Primary(random, names), random.Next(500, 30000)),
        < 42 => Cut(random, names),
        < 50 => Isolate(Primary(random, names), random.Next(3) == 0 ? [SimEtcd.Name] : [.. names, SimEtcd.Name], random.Next(200, 25000)),
        < 54 => Cut(random.Next(2) == 0 ? SimEtcd.Name : Any(random, names), random.Next(2) == 0 ? SimEtcd.Name : Any(random, names), both: false, random.Next(200, 25000)),
        < 60 => EtcdOut(random.Next(100, 20000)),
        < 63 => EtcdLoses(random.Next(5, 60), random.Next(1000, 20000)),
        < 68 => KillGuard(Primary(random, names)),
        < 74 => Hang(Primary(random, names), random.Next(3) == 0 ? 120000 : random.Next(500, 30000)),
        < 78 => Disk(Primary(random, names), random.Next(100, 9000)),
        < 90 => CallUnattended(random, names),
        < 93 => Pause(random.Next(500, 20000)),
        < 95 => StopByHand(Primary(random, names)),
        < 97 => Meddling(SlowStop(random, names)),
        < 99 => Meddling(SlowPromotion(random, names)),
        _ => Clock(random, names),
    };

    internal static (string Words, Action<Field> Play) Meddling((string Words, Action<Field> Play) move) => (move.Words, field =>
    {
        field.Service!.Meddled = true;
        move.Play(field);
    });

    private static (string, Action<Field>) CallUnattended(Random random, IReadOnlyList<string> names)
    {
        var (words, play) = Call(random, names);
        while (words.EndsWith(", with force", StringComparison.Ordinal) || words.Contains("data", StringComparison.Ordinal))
            (words, play) = Call(random, names);
        return Meddling((words, play));
    }

    /// <summary>The first one is primary at the beginning, and often still is.</summary>
    private static string Primary(Random random, IReadOnlyList<string> names) => random.Next(2) == 0 ? names[0] : Any(random, names);

    /// <summary>Only the agent starts its server, and that agent comes with the machine.</summary>
    internal static (string Words, Action<Field> Play) Reboot(string name, int back)
    {
        return ($"the machine of {name} crashes, and is back after {back} ms", field =>
        {
            field[name].Crash();
            field.Later(back, field[name].StartAgent);
        });
    }

    internal static (string Words, Action<Field> Play) Isolate(string name, IReadOnlyList<string> from, int back)
    {
        return ($"{name} is cut from {string.Join(", ", from.Where(n => n != name))} for {back} ms", field =>
        {
            foreach (var other in from)
            {
                field.Network.Cut(name, other);
                field.Network.Cut(other, name);
            }
            field.Later(back, () =>
            {
                foreach (var other in from)
                {
                    field.Network.Mend(name, other);
                    field.Network.Mend(other, name);
                }
            });
        });
    }

    internal static (string Words, Action<Field> Play) EtcdOut(int back)
    {
        return ($"etcd is out for {back} ms", field =>
        {
            field.Etcd!.Out = true;
            field.Later(back, () => field.Etcd.Out = false);
        });
    }

    /// <summary>What is rare, and ends in people's work: added to the moves of a schedule.</summary>
    internal static Move[] WithAccidents(Random random, IReadOnlyList<string> names, Move[] moves)
    {
        var accident = random.Next(8) switch
        {
            < 3 => EtcdLost(random.Next(3) == 0 ? random.Next(1, 40) : 0, random.Next(5000, 20000), random.Next(0, 20000)),
            < 6 => FreezeAgent(Primary(random, names), random.Next(1000, 40000)),
            < 7 => Meddling(ByHand(random.Next(500, 20000))),
            _ => PauseNode(Any(random, names), random.Next(1000, 40000)),
        };
        var before = random.Next(3) == 0 ? 0 : random.Next(moves.Length + 1);
        return [.. moves.Take(before), At(random.Next(0, 8000), accident), .. moves.Skip(before)];
    }

    /// <summary>
    /// etcd is out for long, and the primary is cut off about when it is back: until the promises lapse it serves where nobody sees it. What is left of the schedule comes before, or after that.
    /// </summary>
    internal static Move[] WithoutEtcd(Random random, IReadOnlyList<string> names, Move[] moves)
    {
        var back = random.Next(4000, 20000);
        Move[] cut = [At(Math.Max(0, back - random.Next(-300, 1500)), random.Next(8) switch
        {
            0 => Reboot(Any(random, names), random.Next(300, 9000)),
            1 => Isolate(names[0], [.. names], random.Next(500, 20000)),
            _ => Isolate(names[0], [.. names, SimEtcd.Name], random.Next(6000, 25000)),
        })];
        if (random.Next(3) == 0)
            cut = [.. cut, .. names.Skip(1).Select(n => At(random.Next(0, 200), KillAgent(n, random.Next(20, 600))))];
        Move[] all = [At(random.Next(0, 3000), EtcdOut(back)), .. cut];
        return random.Next(3) switch { 0 => [.. all, .. moves], 1 => [.. moves, .. all], _ => all };
    }

    /// <summary>Longer than failover.hang_after.</summary>
    internal static Move StoppedForLong(Random random, IReadOnlyList<string> names) => At(random.Next(0, 8000), FreezeAgent(Primary(random, names), random.Next(11000, 15000)));

    internal static (string Words, Action<Field> Play) FreezeAgent(string name, int back)
    {
        return ($"the agent of {name} is stopped for {back} ms", field => field[name].Agent?.Process.Freeze(TimeSpan.FromMilliseconds(back)));
    }

    /// <summary>Its files are lost: an empty one comes up, or one from a backup, and a person makes the record again.</summary>
    internal static (string Words, Action<Field> Play) EtcdLost(int steps, int back, int made)
    {
        return ($"etcd is lost, and {(steps > 0 ? $"a backup of {steps} renewals before" : "an empty one")} is there after {back} ms; the record is made again after {made} ms", field => field.Etcd!.Lose(steps, back, made));
    }

    /// <summary>Manual mode, and back: what else happens meanwhile is for people to mend.</summary>
    internal static (string Words, Action<Field> Play) ByHand(int back)
    {
        return ($"the cluster is handed to manual mode for {back} ms", field => field.Etcd!.HandOver(back));
    }

    internal static (string Words, Action<Field> Play) PauseNode(string name, int back)
    {
        return ($"automatic failover is paused for {name} for {back} ms", field =>
        {
            field.Etcd!.PausedNodes.Add(name);
            field.Later(back, () => field.Etcd.PausedNodes.Remove(name));
        });
    }

    private static (string, Action<Field>) EtcdLoses(int part, int back)
    {
        return ($"{part} of a hundred questions to etcd, and answers, are lost for {back} ms", field =>
        {
            field.Etcd!.Loss = part;
            field.Later(back, () => field.Etcd.Loss = 0);
        });
    }

    /// <summary>Its agent, if it works, starts another one.</summary>
    internal static (string Words, Action<Field> Play) KillGuard(string name)
    {
        return ($"the guard of {name} is killed", field =>
        {
            if (field[name].Agent is { Process.Works: true })
                field[name].Guard.Kill();
        });
    }

    internal static (string Words, Action<Field> Play) Hang(string name, int back)
    {
        return ($"the server of {name} hangs for {back} ms", field =>
        {
            var run = field[name].Server.Run;
            field[name].Server.Hung = field[name].Server.Phase == ServerPhase.Up;
            field.Later(back, () => field[name].Server.Hung &= field[name].Server.Run != run);
        });
    }

    private static (string, Action<Field>) Pause(int back)
    {
        return ($"automatic failover is paused for {back} ms", field =>
        {
            field.Etcd!.Paused = "an operator";
            field.Later(back, () => field.Etcd.Paused = "");
        });
    }
}
