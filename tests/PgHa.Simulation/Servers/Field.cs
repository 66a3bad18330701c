using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Simulation;

/// <summary>All machines, the network between them, and what must hold at every moment.</summary>
internal sealed class Field
{
    private readonly HashSet<(string Operation, int Overrides)> _heard = [];
    private long _id;

    internal Field(World world, int nodes)
    {
        World = world;
        Network = new(this);
        Names = [.. Enumerable.Range(1, nodes).Select(i => $"n{i}")];
        Machines = [.. Names.Select(name => new SimMachine(this, name))];
    }

    internal World World { get; }

    internal SimNetwork Network { get; }

    internal IReadOnlyList<string> Names { get; }

    internal IReadOnlyList<SimMachine> Machines { get; }

    internal SimMachine this[string name] => Machines.First(m => m.Name == name);

    internal Ledger Ledger { get; } = new();

    /// <summary>Where all archive to, and restore from; null: archive_mode is off.</summary>
    internal SimArchive? Archive { get; init; }

    /// <summary>Where the record is; null: people decide who is primary.</summary>
    internal SimEtcd? Etcd { get; private set; }

    /// <summary>How long the record holds after its last renewal.</summary>
    internal TimeSpan D { get; private set; }

    /// <summary>While etcd is out the primary serves on, if all others promise.</summary>
    internal bool Stays { get; set; }

    /// <summary>What commits wait for.</summary>
    internal SyncMode Sync { get; init; }

    /// <summary>Which rows may be away with their machine, where agents decide; null where people do.</summary>
    internal Absences? Absences { get; private set; }

    /// <summary>Whether somebody serves, where agents decide; null where people do.</summary>
    internal Service? Service { get; private set; }

    /// <summary>The agents decide who is primary.</summary>
    internal void Automatic(TimeSpan d) => (Etcd, D, Absences, Service, Disturbed) = (new(this), d, new(this), new(this), true);

    /// <summary>The last one comes first, if all hold the same.</summary>
    internal int Priority(string node) => Names.ToList().IndexOf(node);

    internal long NextId() => ++_id;

    /// <summary>N1 is primary, all others stream from it.</summary>
    internal void Begin()
    {
        foreach (var machine in Machines)
        {
            var data = SimData.New("7000000000000000001");
            if (machine != Machines[0])
                (data.Signal, data.Upstream, data.State) = (true, Machines[0].Name, Formats.Control.DbState.ShutDownInRecovery);
            machine.Disk.Data = data;
            machine.Server.Start();
        }
        foreach (var machine in Machines)
            machine.StartAgent();
        Absences?.Begin();
        Service?.Begin();
    }

    /// <summary>How many operations were begun.</summary>
    internal int Operations { get; private set; }

    /// <summary>How many things have happened that no operation asked for.</summary>
    internal int Faults { get; set; }

    /// <summary>Something else than calls has happened.</summary>
    internal bool Disturbed { get; set; }

    /// <summary>A fault ends, or has a consequence.</summary>
    internal void Later(int milliseconds, Action act) => World.After(TimeSpan.FromMilliseconds(milliseconds), null, () =>
    {
        Faults++;
        act();
    });

    /// <summary>An operation has begun.</summary>
    internal void Count() => Operations++;

    /// <summary>Whatever an operation has begun, also one that took another up.</summary>
    internal int Begun => Machines.Sum(m => m.Agent?.Store.All.Count() ?? 0);

    private bool AllEnded => Machines.All(m => m.Agent?.Store.All.Any(RepeatRules.IsOpen) != true);

    /// <summary>What was reported as done is so, and stays so while nothing else happens.</summary>
    internal void Reported(OperationReport report)
    {
        if (!AllEnded)
            return;
        var (faults, operations) = (Faults, Begun);
        string[] promoted = [.. Machines.Where(m => m.Server.Told).Select(m => m.Name)]; // by something that had failed before: they become primary in a while
        foreach (var wait in new[] { 1, 2500, 6000 })
            World.After(TimeSpan.FromMilliseconds(wait), null, () =>
            {
                if (faults != Faults || operations != Begun)
                    return;
                foreach (var (name, state) in report.Left.Where(l => IsPlain(l.Value) && !promoted.Contains(l.Key)))
                    if (this[name].Agent is { Process.Alive: true } agent && agent.Node.Observe().State is var now && Kind(now) != Kind(state))
                        World.Found($"{report.Goal} was done and left {name} {state.Words()}; with nothing else done since, it is {now.Words()}");
            });
    }

    /// <summary>Done is said of what was seen.</summary>
    internal void Promised(OperationReport report, ChangeRequest request)
    {
        NodeState[] primary = [NodeState.Primary, NodeState.PrimaryAlone];
        (string Name, NodeState[] States)? promised = request switch
        {
            Switchover { To: { } to } => (to, primary),
            Failover { Target: var target } => (target, primary),
            StartPrimary { Called: var called } => (called, primary),
            StartStandby { Called: var called } => (called, [NodeState.Standby]),
            StopNode { Called: var called } => (called, [NodeState.Stopped]),
            _ => null,
        };
        if (promised is var (name, states) && report.Left.TryGetValue(name, out var left) && !states.Contains(left))
            World.Found($"{report.Goal} was done, and {name} was {left.Words()} then");
    }

    private static bool IsPlain(NodeState state) => state != NodeState.Recovering && Kind(state) is not null; // it may be a primary that starts

    /// <summary>Whether it streams at this very moment follows from more than was done.</summary>
    private static string? Kind(NodeState state) => state switch
    {
        NodeState.Stopped => "stopped",
        NodeState.Primary or NodeState.PrimaryAlone => "primary",
        NodeState.Standby or NodeState.Recovering => "in recovery",
        _ => null,
    };

    /// <summary>What force answers for is named, by the plan or by the step that could not do its part.</summary>
    private void LearnOverrides()
    {
        foreach (var report in Machines.Where(m => m.Agent is not null).SelectMany(m => m.Agent!.Store.All).Where(r => r.Overrides.Count > 0 && _heard.Add((r.Id, r.Overrides.Count))))
            foreach (var name in Names.Where(name => report.Overrides.Any(words => words.Contains(name, StringComparison.Ordinal))))
                Ledger.Answer(name);
    }

    /// <summary>A server has begun to accept writes: no other may, and it must hold every acknowledged row.</summary>
    internal void Opened(SimMachine machine)
    {
        if (Absences is not null)
        {
            Absences.Opened(machine);
            return;
        }
        LearnOverrides();
        if (Ledger.IsAnswered(machine.Name))
        {
            Ledger.Split = true; // it was answered for as down, and came back by other hands: what it takes now may be lost, by name
            return;
        }
        Ledger.Split |= Machines.Any(m => m != machine && m.Server.Accepts && Ledger.IsAnswered(m.Name)); // it runs on, beside what force has made of the others
        if (Machines.FirstOrDefault(m => m != machine && m.Server.Accepts && !Ledger.IsAnswered(m.Name)) is { } other)
            World.Found($"{machine.Name} and {other.Name} accept writes at the same time");
        var rows = machine.Server.Rows();
        if (Ledger.Missing(rows) is { Length: > 0 } missing)
            World.Found($"{machine.Name} accepts writes without {missing.Length} acknowledged rows (first {missing[0]})");
    }
}

/// <summary>What clients were told.</summary>
internal sealed class Ledger
{
    private readonly Dictionary<long, string> _acknowledged = [];
    private readonly HashSet<string> _answered = [];

    internal int Count => _acknowledged.Count;

    internal void Acknowledge(long row, string by) => _acknowledged[row] = by;

    /// <summary>An operator's force answered for a node: what only that one holds may be lost, and it may be writable still.</summary>
    internal void Answer(string node) => _answered.Add(node);

    /// <summary>It follows again: what only it had acknowledged meanwhile is given up.</summary>
    internal void Follows(string node, Func<HashSet<long>> rows)
    {
        if (!_answered.Remove(node))
            return;
        var kept = rows();
        foreach (var row in _acknowledged.Where(a => a.Value == node && !kept.Contains(a.Key)).Select(a => a.Key).ToArray())
            _acknowledged.Remove(row);
    }

    /// <summary>A node that force had answered for has come back writable: which of the two is right is for people to decide, and the other is salvaged.</summary>
    internal bool Split { get; set; }

    /// <summary>Who acknowledged a row that is not among these; each once.</summary>
    internal IEnumerable<(long Row, string By)> Lacking(HashSet<long> rows) => _acknowledged.Where(a => !rows.Contains(a.Key)).Select(a => (a.Key, a.Value));

    /// <summary>Rows were saved before their WAL was given up.</summary>
    internal void Salvaged(IEnumerable<long> rows)
    {
        if (Split)
            foreach (var row in rows)
                _acknowledged.Remove(row);
    }

    /// <summary>An operator gave up by name what only one node's tables held.</summary>
    internal void GiveUp(IEnumerable<long> rows)
    {
        foreach (var row in rows)
            _acknowledged.Remove(row);
    }

    internal bool IsAnswered(string node) => _answered.Contains(node);

    internal long[] Missing(HashSet<long> rows)
    {
        long[] missing = [.. _acknowledged.Where(a => !rows.Contains(a.Key)).Select(a => a.Key)];
        long[] lost = [.. missing.Where(row => _answered.Contains(_acknowledged[row]))];
        foreach (var row in lost)
            _acknowledged.Remove(row); // given up by name, once
        return [.. missing.Except(lost).Order()];
    }
}

/// <summary>A machine: a disk, a server, an agent, a clock.</summary>
internal sealed class SimMachine
{
    private readonly double _rate;
    private long _booted;

    internal SimMachine(Field field, string name)
    {
        (Field, Name, _rate) = (field, name, 1 + ((name[^1] % 3) - 1) * 0.0049); // one slow, one right, one fast
        Server = new(this);
    }

    internal Field Field { get; }

    internal string Name { get; }

    internal SimDisk Disk { get; } = new();

    internal SimServer Server { get; }

    internal SimAgent? Agent { get; private set; }

    internal SimGuard Guard => field ??= new(this);

    /// <summary>The machine's clock since boot: of a rate of its own, and never compared with another's.</summary>
    internal TimeSpan Clock => TimeSpan.FromTicks((long)((Field.World.Now - _booted) * _rate));

    /// <summary>How long it is until that clock says so.</summary>
    internal TimeSpan UntilClock(TimeSpan moment) => TimeSpan.FromTicks((long)Math.Ceiling((moment - Clock).Ticks / _rate));

    /// <summary>How far its wall clock is off.</summary>
    internal TimeSpan ClockOffset { get; set; }

    /// <summary>Names this run of the machine.</summary>
    internal int Boot { get; private set; } = 1;

    internal void StartAgent()
    {
        if (Agent is { Process.Alive: true })
            return;
        Field.World.Trace.Add(Field.World, Name, "agent starts");
        Agent = new(this);
    }

    internal void KillAgent()
    {
        if (Agent is not { Process.Alive: true } agent)
            return;
        Field.World.Trace.Add(Field.World, Name, "agent is killed");
        agent.Process.Kill();
        if (Field.Etcd is not null && !Guard.IsOnDuty && !Server.InRecovery)
            Server.Crash(keepsWritten: true); // agent and guard killed in one instant, and the server not, is what nothing covers on a machine that is cut off
    }

    /// <summary>Somebody else than an agent starts the server: systemd, a supervisor, a person.</summary>
    internal void StartByHand()
    {
        if (Disk.Mounted is { } data)
            data.Astray |= Field.Ledger.IsAnswered(Name);
        Server.Start();
    }

    /// <summary>Power is lost: agent, server, and what was not flushed.</summary>
    internal void Crash()
    {
        Field.World.Trace.Add(Field.World, Name, "machine crashes");
        Agent?.Process.Kill();
        Guard.Kill();
        Server.Crash(keepsWritten: false);
        _booted = Field.World.Now;
        Boot++;
    }
}
