using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>What a step's node sees at the last moment before it acts. Immutable.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="View">All nodes, now.</param>
/// <param name="Own">What the observation does not say of the node itself.</param>
public sealed record StepSight(string Node, ClusterView View, OwnSight Own)
{
    /// <summary>The nodes' WAL, where the step turns on it.</summary>
    public WalView Wal { get; init; } = WalView.None;

    /// <summary>Histories in its pg_wal that no node's WAL confirms.</summary>
    public IReadOnlyList<string> Ghosts { get; init; } = [];

    /// <summary>The operation that holds the node's lock is an undo, or a stop: it only brings back what served before.</summary>
    public bool Regardless { get; init; }

    /// <summary>The node as its own agent observes it.</summary>
    public NodeObservation Seen => View[Node];
}

/// <summary>What only the node's own agent sees, read right before a step.</summary>
public sealed record OwnSight
{
    /// <summary>The control file; null where it cannot be read.</summary>
    public ControlFacts? Control { get; init; }

    /// <summary><c>standby.signal</c> is there.</summary>
    public bool StandbySignal { get; init; }

    /// <summary><c>recovery.signal</c> is there: a point-in-time recovery.</summary>
    public bool RecoverySignal { get; init; }

    /// <summary>A postmaster works on the data directory.</summary>
    public bool Runs { get; init; }

    /// <summary>It says that it accepts connections.</summary>
    public bool Ready { get; init; }

    /// <summary>It was told to become primary.</summary>
    public bool Told { get; init; }
}
