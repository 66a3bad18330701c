using PgHa.Agent.Leadership;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>What a node knows when the holder of the record asks it to promise that it does not become writable.</summary>
public sealed record PromiseSights
{
    /// <summary>This node, as it is now.</summary>
    public required NodeObservation Own { get; init; }

    /// <summary><c>failover.stay_without_etcd</c> is set here.</summary>
    public required bool IsSet { get; init; }

    /// <summary>The nodes of the configuration, as the asking agent has them, are those of this one.</summary>
    public required bool Agrees { get; init; }

    /// <summary>This node keeps the record, or has just taken it.</summary>
    public required bool KeepsRecord { get; init; }

    /// <summary>The highest epoch that it has seen.</summary>
    public required long Epoch { get; init; }

    /// <summary>The record as it was seen last; null: never in this run of the agent.</summary>
    public PrimaryRecord? Record { get; init; }

    /// <summary>The epoch that may be taken by this node's pledge to receive nothing from the holder; null: none stands.</summary>
    public long? Pledged { get; init; }

    /// <summary>What this node has promised already; null: nothing that holds.</summary>
    public Promise? Standing { get; init; }
}

/// <summary>Whether a node promises the holder of the record not to become writable, so that the holder may serve on without etcd. Pure.</summary>
public static class PromiseRules
{
    /// <summary>Why not; null: it promises.</summary>
    public static Refusal? Refuse(PromiseSights seen, StayRequest wanted)
    {
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(wanted);
        var node = seen.Own.Node;
        if (wanted.ForMilliseconds <= 0 || wanted.ForMilliseconds > OwnPromise.Longest.TotalMilliseconds)
            return new(Code.Invalid, $"{wanted.ForMilliseconds} ms is no time that is promised", $"1 to {OwnPromise.Longest.TotalMilliseconds:0} ms; agents ask each other by themselves");
        if (!seen.IsSet)
            return new(Code.WrongState, $"{node} promises nothing: failover.stay_without_etcd is not set there", "set failover.stay_without_etcd: true on all nodes, and restart their agents");
        if (!seen.Agrees)
            return new(Code.WrongState, $"{node} promises nothing to an agent that has another configuration of the cluster", "cluster and nodes must be alike on all machines; agents ask each other by themselves");
        if (wanted.Node == node)
            return new(Code.WrongState, $"{node} promises nothing to itself", "is another agent configured with the same node?");
        if (seen.KeepsRecord)
            return new(Code.AnotherWritable, $"{node} keeps the record itself", "GET v2/cluster/explain on both nodes says what they know of the record");
        if (seen.Own.MayBeWritable)
            return new(Code.AnotherWritable, $"{node} is, or may be, writable itself", $"GET v2/cluster/explain on {node} says what follows");
        if (seen.Pledged is { } pledged)
            return new(Code.WrongState, $"{node} has pledged that another node may take the record as epoch {pledged}",
                "the agent takes the pledge back by itself when etcd answers and nobody has taken the place: GET v2/cluster/explain");
        if (seen.Epoch > wanted.Epoch || seen.Standing?.Epoch > wanted.Epoch)
            return new(Code.WrongState, $"{node} has seen a later epoch than {wanted.Epoch}", "the record is another's by now: GET v2/cluster/explain");
        return seen.Record is { } record && record.Epoch == wanted.Epoch && (record.Node != wanted.Node || record.Boot != wanted.Boot || record.Released || record.Manual)
            ? new(Code.WrongState, $"by the record that {node} saw last {wanted.Node} does not hold it in epoch {wanted.Epoch}", "GET v2/cluster/explain says who does") : null;
    }
}
