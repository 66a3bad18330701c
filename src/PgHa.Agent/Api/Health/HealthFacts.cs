using PgHa.Client.Facts;

namespace PgHa.Agent.Api.Health;

/// <summary>What a load balancer is told about a node is judged from this. Immutable.</summary>
public sealed record HealthFacts
{
    /// <summary>This node, at most 100 ms ago.</summary>
    public required NodeObservation Own { get; init; }

    /// <summary>It holds the record in etcd, or nothing asks for one: manual mode, or no record was ever made.</summary>
    public required bool MayServe { get; init; }

    /// <summary>Its rules have been looked at within the time that they may take; true in manual mode.</summary>
    public required bool Alive { get; init; }

    /// <summary><c>failover.nofailover</c>.</summary>
    public bool NoFailover { get; init; }

    /// <summary><c>failover.priority</c>.</summary>
    public int Priority { get; init; }

    /// <summary>All nodes, a moment ago; null: that was not asked for, or is not known.</summary>
    public IReadOnlyList<NodeStatus>? Nodes { get; init; }

    /// <summary>Running, writable, and allowed to be.</summary>
    public bool IsPrimary => MayServe && Own.Serves;

    /// <summary>Running in recovery, and consistent: it answers queries.</summary>
    public bool IsReplica => Own is { Reachable: true, Server: ServerStatus.Running, Sql.InRecovery: true } && !Own.Promoting;

    /// <summary>The one primary that is seen; null: none, or more than one.</summary>
    public NodeStatus? Primary => Nodes?.Where(n => n.Seen.Serves).ToArray() is [var one] ? one : null;

    /// <summary>How commits on the primary wait for this standby: <c>sync</c>, <c>quorum</c>, <c>potential</c> or <c>async</c>; null: not known, or it is not attached.</summary>
    public string? Sync => SyncOf(Own);

    /// <summary>How many bytes of WAL this standby has yet to replay; null: not known.</summary>
    public long? Lag => LagOf(Own);

    /// <summary>The same of any node.</summary>
    internal string? SyncOf(NodeObservation node) => Primary?.Standbys?.Where(s => s.Name == node.Node).Select(s => s.Sync).FirstOrDefault();

    /// <summary>The same of any node.</summary>
    internal long? LagOf(NodeObservation node) => Primary?.Seen.Sql?.Flush is { } end && node.Sql is { InRecovery: true, Replay: { } replayed } ? (long)(end.Value - Math.Min(end.Value, replayed.Value)) : null;
}
