using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;

namespace PgHa.Simulation;

/// <summary>
/// What must hold where the agents decide, beside safety: no server is fenced without a cause, and as long as a core of nodes and etcd are there, and nobody keeps them from it,
/// one of them serves within a bound.
/// </summary>
internal sealed class Service(Field field)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>A server that hangs, one that is started again in place, a node that is left its moment, and the plan.</summary>
    private static readonly TimeSpan Beside = TimeSpan.FromSeconds(40);
    private readonly Dictionary<string, long> _troubled = [], _hung = [];
    private long _since;

    /// <summary>Nobody called, or slowed anything down: only faults have happened.</summary>
    internal bool Meddled { get; set; }

    private long Within() => (field.D + Beside).Ticks;

    internal void Begin()
    {
        foreach (var machine in field.Machines.Where(IsTroubled))
            _troubled[machine.Name] = field.World.Now;
        foreach (var machine in field.Machines.Where(m => m.Server.Hung || m.Server.Deaf))
            _hung[machine.Name] = field.World.Now;
        if (Meddled || field.Machines.Any(m => m.Server.Accepts) || !HasCore())
            _since = field.World.Now;
        else if (field.World.Now - _since > Within())
            field.World.Found($"a core of nodes is there, and for {TimeSpan.FromTicks(Within()).TotalSeconds} s nobody serves: {string.Join("; ", field.Machines.Select(Says))}");
        field.World.After(Look, null, Begin);
    }

    /// <summary>A guard has killed a server that accepted writes.</summary>
    internal void Fenced(SimMachine machine)
    {
        if (machine.Server.Accepts && field.World.Now - _troubled.GetValueOrDefault(machine.Name) > 3 * field.D.Ticks)
            field.World.Found($"the server of {machine.Name} is fenced without a cause");
    }

    /// <summary>An agent has killed its own server, for which it holds the record.</summary>
    internal void Killed(SimMachine machine)
    {
        if (machine.Server.Accepts && !(_hung.TryGetValue(machine.Name, out var last) && field.World.Now - last < Beside.Ticks))
            field.World.Found($"the agent of {machine.Name} kills its server, which works, and for which it holds the record");
    }

    private bool IsTroubled(SimMachine machine) => !ReachesEtcd(machine) || machine.Agent is not { Process.Works: true } || machine.Disk is { Full: true } or { Mounted: null } || machine.Server.Hung || machine.Server.Deaf || !machine.Guard.Lives;

    private bool ReachesEtcd(SimMachine machine) => field.Etcd is { Out: false, Loss: 0, Seldom: SimEtcd.Usual, IsEmptied: false } && field.Network.Linked(machine.Name, SimEtcd.Name) && field.Network.Linked(SimEtcd.Name, machine.Name);

    /// <summary>All nodes are well or away, and one of those that are well runs in recovery.</summary>
    private bool HasCore()
    {
        if (field.Etcd is not { Paused: "", PausedNodes: [], IsManual: false })
            return false;
        var well = field.Machines.Where(m => m.Agent is { Process.Works: true } && m.Disk is { Full: false, Mounted: { RewindUnfinished: false } } && !m.Server.Hung && !m.Server.Deaf && ReachesEtcd(m)).ToArray();
        var away = field.Machines.Except(well).Where(m => m.Server.Hung || m.Server.Deaf || well.All(other => m.Agent is not { Process.Works: true } || (!field.Network.Linked(m, other) && !field.Network.Linked(other, m))));
        return well.Length + away.Count() == field.Machines.Count && well.Any(m => m.Server is { Phase: ServerPhase.Up, InRecovery: true })
            && well.All(one => well.All(other => field.Network.Linked(one, other))) && (field.Sync == SyncMode.Off || IsProvenBy([.. well.Select(m => m.Name)]));
    }

    /// <summary>No write that was acknowledged is on nodes that are away alone, by the sync record.</summary>
    private bool IsProvenBy(string[] nodes) => field.Etcd!.Records.Sync is { } sync ? sync.IsProvenBy(nodes)
        : field.Etcd.Records.Read() is RecordAnswer.Stands { Record: var record } && nodes.Contains(record.Node);

    /// <summary>What its agent does.</summary>
    internal static string Says(SimMachine machine) =>
        $"{machine.Name}: {(machine.Agent is { Process.Works: true, Failover: { } failover } ? $"{failover.State.Facts?.Doing}{(failover.Loop.Trouble is { } trouble ? $" ({trouble})" : "")}" : "away")}";
}
