using System.Globalization;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;

namespace PgHa.Simulation;

/// <summary>What came of a schedule.</summary>
/// <param name="Finding">What must not be; null where nothing was found.</param>
/// <param name="Trace">What happened, where it was kept.</param>
/// <param name="Calls">How many operations were begun.</param>
/// <param name="Events">How many events there were.</param>
/// <param name="Seconds">Virtual seconds.</param>
internal sealed record Outcome(string? Finding, IReadOnlyList<string> Trace, int Calls, long Events, double Seconds);

/// <summary>A seed: how many nodes, and which moves. What the machines make of it follows from the same seed.</summary>
internal sealed record Schedule(int Seed, int Nodes, IReadOnlyList<Move> Moves)
{
    private static readonly long ComesBack = TimeSpan.FromMinutes(3).Ticks;
    private static readonly long Settled = TimeSpan.FromMinutes(30).Ticks;

    internal static Schedule Of(int seed)
    {
        var random = new Random(seed);
        var nodes = random.Next(10) switch { < 5 => 2, < 9 => 3, _ => 4 + random.Next(2) };
        string[] names = [.. Enumerable.Range(1, nodes).Select(i => $"n{i}")];
        var moves = Simulation.Moves.Many(random, names);
        return seed % 4 == 0 ? new(seed, nodes, Simulation.Moves.WithArchive(new Random(~seed), moves)) { Archives = true } : new(seed, nodes, moves);
    }

    /// <summary>One in which the agents decide who is primary.</summary>
    internal static Schedule OfAutomatic(int seed)
    {
        var (schedule, names) = Usual(seed);
        var moves = schedule.Moves.ToArray();
        if (seed % 25 == 0) // only a record that holds for longer than hang_after outlives an agent that is stopped for as long
            return schedule with { Moves = [.. moves, Simulation.Moves.StoppedForLong(new(~seed), names)], D = 4 * schedule.D + TimeSpan.FromSeconds(12) };
        if (seed % 5 == 1)
        {
            schedule = schedule with { Sync = seed / 5 % 3 == 0 ? SyncMode.On : SyncMode.Quorum, D = seed / 5 % 3 == 1 ? TimeSpan.FromSeconds(9) : schedule.D }; // pledges are quicker than a D that is long
            moves = Simulation.Moves.WithCommitsThatWait(new(seed ^ 0x5CA1AB1E), names, moves);
        }
        moves = seed % 5 == 0 || seed % 35 == 1 ? Simulation.Moves.WithAccidents(new(~seed), names, moves) : moves;
        if (seed % 7 == 2)
            moves = Simulation.Moves.WithHandovers(new(seed ^ 0x0DD5EED), names, moves);
        return seed % 4 == 2 ? schedule with { Moves = Simulation.Moves.WithoutEtcd(new(~seed), names, moves), Stays = true } : schedule with { Moves = moves };
    }

    /// <summary>The same without the rare things that are added to some.</summary>
    internal static (Schedule Schedule, string[] Names) Usual(int seed)
    {
        var random = new Random(seed);
        var nodes = random.Next(10) switch { < 2 => 2, < 9 => 3, _ => 4 + random.Next(2) };
        string[] names = [.. Enumerable.Range(1, nodes).Select(i => $"n{i}")];
        var moves = Simulation.Moves.Unattended(random, names);
        return (new(seed, nodes, moves) { D = TimeSpan.FromSeconds(random.Next(2, 9)) }, names);
    }

    /// <summary>How long the record in etcd holds; null: people decide who is primary.</summary>
    internal TimeSpan? D { get; init; }

    /// <summary>While etcd is out the primary serves on, if all others promise not to become writable.</summary>
    internal bool Stays { get; init; }

    /// <summary>What commits wait for.</summary>
    internal SyncMode Sync { get; init; }

    /// <summary>The servers have an archive.</summary>
    internal bool Archives { get; init; }

    /// <param name="trace">What happens is kept.</param>
    /// <param name="begun">Prepares the machines.</param>
    /// <param name="mended">Looks at the machines once everything is mended and all operations have ended.</param>
    internal Outcome Play(bool trace = false, Action<Field>? begun = null, Action<Field>? mended = null)
    {
        var world = new World(Seed);
        world.Trace.Kept = trace;
        var field = new Field(world, Nodes) { Archive = Archives ? new() : null, Stays = Stays, Sync = Sync };
        if (D is { } d)
            field.Automatic(d);
        begun?.Invoke(field);
        field.Begin();
        world.RunUntil(TimeSpan.FromSeconds(3).Ticks);
        var clients = new Clients(field);
        clients.Begin();
        foreach (var move in Moves)
        {
            world.RunUntil(world.Now + move.After.Ticks);
            world.Trace.Add(world, "MOVE", move.Words);
            field.Faults++; // whatever it is, and whatever comes of it, what was done before need not stay so
            field.Disturbed |= !move.IsHarmless;
            move.Play(field);
        }
        world.RunUntil(world.Now + TimeSpan.FromSeconds(20).Ticks);
        if (D is not null)
            world.RunUntil(world.Now + TimeSpan.FromSeconds(60).Ticks, () => field.Machines.Any(m => m.Server.Accepts));
        Heal(field);
        mended?.Invoke(field);
        if (D is not null)
            Unattended(field);
        new Operator(field).BringBack();
        if (Sync != SyncMode.Off)
            Commits(field);
        clients.Stopped = true;
        if (world.Finding is null)
            Prove(field);
        return new(world.Finding, world.Trace.Lines, field.Operations, world.Events, world.Now / 1e7);
    }

    private static void Heal(Field field)
    {
        var world = field.World;
        if (world.Finding is not null)
            return;
        world.Trace.Add(world, "MOVE", "everything is mended");
        field.Network.MendAll();
        if (field.Archive is { } archive)
            archive.Hangs = false;
        if (field.Etcd is { } etcd)
        {
            (etcd.Out, etcd.Loss, etcd.Seldom, etcd.Paused) = (false, 0, SimEtcd.Usual, "");
            etcd.PausedNodes.Clear();
        }
        foreach (var machine in field.Machines)
        {
            machine.Server.Hung = machine.Server.Deaf = false;
            (machine.Disk.Full, machine.Disk.Away) = (false, false);
            (machine.Server.StopTakes, machine.Server.PromotionTakes, machine.Server.StartedAgainAfter) = (TimeSpan.Zero, TimeSpan.Zero, null);
            machine.Server.PromotionsClose = false;
            machine.StartAgent();
        }
        // What was interrupted is taken up, or given up, before people act.
        world.RunUntil(world.Now + Settled, () => field.Machines.All(m => Open(m) is null));
        if (world.Finding is null && field.Machines.Select(Open).FirstOrDefault(open => open is not null) is { } stuck)
            world.Found(stuck);
    }

    /// <summary>Nobody does anything: the agents bring back what was not stopped on purpose.</summary>
    private static void Unattended(Field field)
    {
        var world = field.World;
        var whole = false;
        world.RunUntil(world.Now + ComesBack, () => whole = new Operator(field).IsWhole(except: m => m.Disk.StoppedOnPurpose));
        if (world.Finding is null && !whole && !field.Service!.Meddled)
            world.Found($"{ComesBack / TimeSpan.TicksPerSecond} s after everything was mended the cluster is not whole: {string.Join("; ", field.Machines.Select(Service.Says))}");
    }

    /// <summary>Once enough standbys are back no commit waits for long.</summary>
    private static void Commits(Field field)
    {
        var (world, before) = (field.World, field.Ledger.Count);
        world.RunUntil(world.Now + TimeSpan.FromSeconds(30).Ticks, () => field.Ledger.Count > before);
        if (world.Finding is null && field.Ledger.Count == before)
            world.Found($"the cluster is whole, and for 30 s no commit is acknowledged: {string.Join("; ", field.Machines.Select(m => $"{m.Name} '{m.Server.SyncNames}' {string.Join(", ", m.Server.Senders.Select(s => $"{s.Name} {s.Setting}"))}"))}");
    }

    /// <summary>An operation that is not concluded, or a lock that may be live: that of a run of an agent that has ended is void.</summary>
    private static string? Open(SimMachine machine)
    {
        var agent = machine.Agent!;
        if (agent.Store.All.FirstOrDefault(RepeatRules.IsOpen) is { } open)
            return $"an operation of {machine.Name} does not end: {open.Goal} ({open.State}, {open.Recovery?.Message})";
        return agent.Lock.Holder is { } holder && machine.Field[holder.Owner].Agent is { } owner && owner.Boot.Id == holder.OwnerBoot && owner.Live.Ids.Contains(holder.Operation)
            ? $"a lock on {machine.Name} does not end: {holder.Goal}"
            : null;
    }

    private static void Prove(Field field)
    {
        var primary = field.Machines.Single(m => m.Server.Accepts);
        field.Absences?.Prove(primary);
        if (field.Ledger.Missing(primary.Server.Rows()) is { Length: > 0 } missing)
            field.World.Found(string.Create(CultureInfo.InvariantCulture, $"at the end {primary.Name} lacks {missing.Length} acknowledged rows (first {missing[0]})"));
        foreach (var standby in field.Machines.Where(m => m != primary && !m.Disk.Data!.Astray))
            if (Parted(primary, standby) is { } at)
                field.World.Found(string.Create(CultureInfo.InvariantCulture, $"at the end {standby.Name} streams from {primary.Name}, and its WAL is another one from {at:X} on"));
    }

    /// <summary>
    /// From where on a standby holds other WAL than its primary; null: all that it holds is a beginning of the primary's. Where the primary's is recycled
    /// the tables tell.
    /// </summary>
    private static ulong? Parted(SimMachine primary, SimMachine standby)
    {
        var right = primary.Disk.Data!.Wal.Line(primary.Server.Lineage).ToDictionary(r => r.Start, r => r.Id);
        var oldest = right.Keys.DefaultIfEmpty(ulong.MaxValue).Min();
        var own = standby.Disk.Data!.Wal.Line(standby.Server.Lineage).Where(r => r.End <= standby.Server.End && r.Start >= oldest);
        if (standby.Server.Rows().Except(primary.Server.Rows()).Any())
            return oldest;
        return own.Where(r => right.GetValueOrDefault(r.Start, -1) != r.Id).Select(r => (ulong?)r.Start).FirstOrDefault();
    }
}
