using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>What the record is to this node.</summary>
public enum RecordState
{
    /// <summary>etcd cannot be asked.</summary>
    Outage,

    /// <summary>What stands in etcd cannot be used: it was emptied, or restored from a backup.</summary>
    Unusable,

    /// <summary>There is none, and this node has never seen one.</summary>
    Never,

    /// <summary>It was ended for manual mode: a person decides.</summary>
    ByHand,

    /// <summary>It was ended for manual mode, and an operator has gone back to automatic mode: the primary takes it.</summary>
    Returns,

    /// <summary>This node's, in this boot of its machine.</summary>
    Own,

    /// <summary>Another node's, and it has not run out.</summary>
    Another,

    /// <summary>Another node's, and it has not run out; but enough voters have pledged to receive nothing from that node.</summary>
    Revoked,

    /// <summary>It has run out, or was given up, or this node held it before its machine was started anew.</summary>
    RanOut,
}

/// <summary>All that is known when it is decided what this node does about the record. Immutable.</summary>
public sealed record SuccessionFacts
{
    /// <summary>This node.</summary>
    public required string Node { get; init; }

    /// <summary>All nodes.</summary>
    public required ClusterView View { get; init; }

    /// <summary>What the record is.</summary>
    public required RecordState Record { get; init; }

    /// <summary>What stands in etcd; null where nothing does, or it is not known.</summary>
    public PrimaryRecord? Stands { get; init; }

    /// <summary>Why the record is not known, or cannot be used.</summary>
    public string? Why { get; init; }

    /// <summary>This node holds the record, and its guard has confirmed until when.</summary>
    public bool Held { get; init; }

    /// <summary>A guard is on duty, and its deadline has not passed.</summary>
    public bool Guarded { get; init; }

    /// <summary>This node has seen a record, and not one that was ended for manual mode. Without one nobody could have taken this node's place.</summary>
    public bool HasSeenOne { get; init; }

    /// <summary>All other nodes, where this one holds the record and serves by their promise, because etcd does not answer; else none.</summary>
    public IReadOnlyList<string> StaysBy { get; init; } = [];

    /// <summary>For how much longer this node may write, as its guard has confirmed.</summary>
    public TimeSpan MayWriteFor { get; init; }

    /// <summary>Why not all other nodes have promised, where this one holds the record and asked them; else null.</summary>
    public string? NoConsent { get; init; }

    /// <summary>Whom this node has promised not to become writable; null: nobody, or that has lapsed.</summary>
    public string? PromisedTo { get; init; }

    /// <summary>For how much longer.</summary>
    public TimeSpan PromisedFor { get; init; }

    /// <summary>etcd has not answered for longer than two questions may take.</summary>
    public bool Blind { get; init; }

    /// <summary>The server has shown no sign of life for longer than <c>hang_after</c>, and no step is at work on it.</summary>
    public bool Hangs { get; init; }

    /// <summary>What runs here serves nobody: crash recovery in single-user mode, before a rewind.</summary>
    public bool SingleUser { get; init; }

    /// <summary>Why this node takes no part: its data are another database's, or cannot be used; null: it does.</summary>
    public string? Unusable { get; init; }

    /// <summary>Its server was stopped through pgha, and stays stopped.</summary>
    public bool StoppedOnPurpose { get; init; }

    /// <summary>The operation that holds the node, and whose coordinator lives; null: none.</summary>
    public string? Busy { get; init; }

    /// <summary>Its machine is going down.</summary>
    public bool Leaves { get; init; }

    /// <summary>An operator has paused automatic failover in the whole cluster.</summary>
    public bool Paused { get; init; }

    /// <summary>The nodes for which an operator has paused it.</summary>
    public IReadOnlyCollection<string> PausedNodes { get; init; } = [];

    /// <summary>Why this node would not take the primary's place now; null: it would.</summary>
    public string? NotEligible { get; init; }

    /// <summary>How far the last holder of the record had flushed when it was seen last; null: not known.</summary>
    public AcknowledgedWal? Acknowledged { get; init; }

    /// <summary>How many acknowledged bytes may be lost by a failover that nobody asked for; null: that does not count here, because commits wait for standbys.</summary>
    public ulong? LagLimit { get; init; }

    /// <summary>What this node tried last under the record that it holds failed: why.</summary>
    public string? Failed { get; init; }

    /// <summary>Its server died too often, or cannot be started in time: why.</summary>
    public string? Crashes { get; init; }

    /// <summary>The WAL of all nodes, compared with this one's; null: it was not looked at.</summary>
    public WalView? Wal { get; init; }

    /// <summary>Where every acknowledged write is, as it stands in etcd; null: nothing stands there, or it was not looked at.</summary>
    public SyncRecord? Sync { get; init; }

    /// <summary>Why that cannot be asked; null: it was, or need not be.</summary>
    public string? SyncUnknown { get; init; }

    /// <summary>The holder is seen lost, though its record has not run out: it did not renew it in time, and neither its agent nor its server answers from here.</summary>
    public bool HolderLost { get; init; }

    /// <summary>The epoch that this node has pledged, or is about to; null: none.</summary>
    public long? Pledged { get; init; }

    /// <summary>Why this node does not pledge now; null: it may.</summary>
    public string? NoPledge { get; init; }

    /// <summary>The revision of the record.</summary>
    public long Revision { get; init; }

    /// <summary>What the pledges of the voters allow; null: nothing.</summary>
    public Revocation? Revocation { get; init; }

    /// <summary>Nodes that would have been better, and did not take the record when it was theirs to take.</summary>
    public IReadOnlyCollection<string> Passed { get; init; } = [];

    /// <summary>The server of the last holder still answers, and accepts writes.</summary>
    public bool OldPrimaryServes { get; init; }

    /// <summary>The server of the last holder accepted writes after its record had run out, and does not answer now.</summary>
    public bool OldPrimaryLost { get; init; }

    /// <summary>The program that stops a node whose agent and guard are dead; null: there is none.</summary>
    public string? StopCommand { get; init; }

    /// <summary>How far that program is with the last holder; null: it was not run.</summary>
    public StopAttempt? Stopping { get; init; }

    /// <summary>How a node that lost its place comes back.</summary>
    public RejoinMode Rejoin { get; init; }

    /// <summary>This node.</summary>
    public NodeObservation Own => View[Node];

    /// <summary>The node that holds the record, or held it last.</summary>
    public string? Holder => Stands?.Node;
}

/// <summary>What is to be done.</summary>
public enum SuccessionAction
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Kill the server: it may not write.</summary>
    Stop,

    /// <summary>Take the very first record.</summary>
    TakeFirst,

    /// <summary>Take the record, or go on holding it, for the server that runs, or is to be started again.</summary>
    Take,

    /// <summary>Take the record and fail over to this node.</summary>
    FailOver,

    /// <summary>Holding the record, start the server as primary.</summary>
    StartAsPrimary,

    /// <summary>Holding the record, promote the server.</summary>
    Promote,

    /// <summary>Give the record up.</summary>
    GiveUp,

    /// <summary>Kill the server, and give the record up.</summary>
    StopAndGiveUp,

    /// <summary>Take the record and give it up at once: another node need not wait until it has run out.</summary>
    PassOn,

    /// <summary>Run the program that stops the last holder's machine.</summary>
    StopHolder,

    /// <summary>Start the server in recovery, as it is.</summary>
    StartInRecovery,

    /// <summary>Follow the holder of the record.</summary>
    Follow,

    /// <summary>Receive nothing from the holder any more, and pledge that in etcd.</summary>
    Pledge,
}

/// <summary>What the rules say.</summary>
/// <param name="Row">The row of the table that matched.</param>
/// <param name="Action">What is to be done.</param>
/// <param name="Reason">Why, in a sentence.</param>
public sealed record SuccessionVerdict(int Row, SuccessionAction Action, string Reason)
{
    /// <summary>What a person can do, where only a person can; else null.</summary>
    public string? Hint { get; init; }

    /// <summary>The node that is left to act, where this one waits for it.</summary>
    public string? LeftTo { get; init; }
}
