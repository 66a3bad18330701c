using PgHa.Agent.Api.Health;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.Metrics;

/// <summary>What metrics are made of. Immutable.</summary>
/// <param name="Cluster">The name of the cluster.</param>
/// <param name="Health">What health checks are judged by, with all nodes.</param>
/// <param name="Now">The time of day.</param>
public sealed record MetricFacts(string Cluster, HealthFacts Health, DateTimeOffset Now)
{
    /// <summary>When the server was started, in seconds since 1970; null: it does not run, or that is not known.</summary>
    public double? StartedAt { get; init; }

    /// <summary>Automatic failover is paused; null in manual mode, or where that is not known.</summary>
    public bool? Paused { get; init; }

    /// <summary>No node holds the record; null in manual mode, or where that is not known.</summary>
    public bool? Unlocked { get; init; }

    /// <summary>It serves without etcd, by the promise of all others; null in manual mode.</summary>
    public bool? Stays { get; init; }

    /// <summary>The operations of this agent, newest first.</summary>
    public IReadOnlyList<OperationReport> Operations { get; init; } = [];
}

/// <summary>The metrics of one node: those that dashboards for Patroni expect, and our own. Pure.</summary>
public static class NodeMetrics
{
    private static readonly (NodeState State, string Name)[] States =
    [
        (NodeState.Primary, "primary"), (NodeState.PrimaryAlone, "primary_alone"), (NodeState.Standby, "standby"), (NodeState.Recovering, "recovering"), (NodeState.Stopped, "stopped"), (NodeState.Unknown, "unknown"),
    ];

    /// <summary>As text.</summary>
    public static string Write(MetricFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return $"{AsPatroni(facts)}{Own(facts)}";
    }

    private static MetricText AsPatroni(MetricFacts facts)
    {
        var (f, own) = (facts.Health, facts.Health.Own);
        var (sql, status) = (own.Sql, Status(f));
        var standby = sql is { InRecovery: true } ? sql : null;
        return new MetricText(new("scope", facts.Cluster), new("name", own.Node))
            .Gauge("patroni_postgres_running", "1 if PostgreSQL runs and answers.", sql is not null)
            .Gauge("patroni_postmaster_start_time", "When PostgreSQL was started, in seconds since 1970.", facts.StartedAt)
            .Gauge("patroni_primary", "1 if this node is the primary, and may be.", f.IsPrimary)
            .Gauge("patroni_xlog_location", "Position of the flushed WAL of the primary.", sql is { InRecovery: false, Flush: { } flush } ? flush.Value : null)
            .Gauge("patroni_standby_leader", "Always 0: there are no standby clusters.", false)
            .Gauge("patroni_replica", "1 if this node is a standby.", f.IsReplica)
            .Gauge("patroni_sync_standby", "1 if each commit waits for this standby.", f.IsReplica ? f.Sync is { } sync ? sync == "sync" : null : false)
            .Gauge("patroni_quorum_standby", "1 if commits wait for some standbys, and this is one of them.", f.IsReplica ? f.Sync is { } quorum ? quorum == "quorum" : null : false)
            .Gauge("patroni_xlog_received_location", "Position of the WAL that was received and flushed.", standby?.Receive?.Value)
            .Gauge("patroni_xlog_replayed_location", "Position of the WAL that was replayed.", standby?.Replay?.Value)
            .Gauge("patroni_xlog_replayed_timestamp", "When the transaction was committed that was replayed last, in seconds since 1970.", status?.ReplayedAgo is { } ago ? Seconds(facts.Now) - ago : null)
            .Gauge("patroni_xlog_paused", "1 if replay is paused.", standby?.Held?.Paused)
            .Gauge("patroni_postgres_streaming", "1 if this standby streams.", standby?.Streaming ?? false)
            .Gauge("patroni_postgres_in_archive_recovery", "1 if this standby does not stream.", standby is { Streaming: false })
            .Gauge("patroni_cluster_unlocked", "1 if no node holds the record in etcd.", facts.Unlocked)
            .Gauge("patroni_failsafe_mode_is_active", "1 if this primary serves without etcd, by the promise of all other nodes.", facts.Stays)
            .Gauge("patroni_postgres_timeline", "Timeline of PostgreSQL.", sql?.Timeline?.Value)
            .Gauge("patroni_pending_restart", "1 if settings wait for a restart.", status?.PendingRestart is { } pending ? pending.Count > 0 : null)
            .Gauge("patroni_is_paused", "1 if automatic failover is paused.", facts.Paused);
    }

    private static MetricText Own(MetricFacts facts)
    {
        var (f, own) = (facts.Health, facts.Health.Own);
        var (status, nodes) = (Status(f), f.Nodes);
        return new MetricText(new("cluster", facts.Cluster), new("node", own.Node))
            .Family("pgha_build_info", "1; the version of the agent is a label.", status?.Version is { } version ? [([new("version", version)], 1)] : [])
            .Family("pgha_node_state", "1 for the state that the node is in.", States.Select(s => ((MetricLabel[])[new("state", s.Name)], own.State == s.State ? 1.0 : 0)))
            .Gauge("pgha_lag_bytes", "Bytes of WAL that this standby has yet to replay.", f.Lag)
            .Gauge("pgha_replayed_ago_seconds", "How long ago the transaction was committed that was replayed last.", status?.ReplayedAgo)
            .Gauge("pgha_promotable", "1 if this standby would take the primary's place (automatic mode).", own is { InRecovery: true, Failover: { } failover } ? failover.NotEligible is null : null)
            .Gauge("pgha_may_write_seconds", "For how long this node may write yet, as its guard has confirmed.", own.Failover?.MayWriteFor)
            .Gauge("pgha_record_epoch", "The highest epoch of the record that this node has seen.", own.Failover?.Epoch)
            .Gauge("pgha_nodes", "Nodes of the configuration.", nodes?.Count)
            .Gauge("pgha_nodes_seen", "Nodes whose agents answer this one.", nodes?.Count(n => n.Seen.Reachable))
            .Gauge("pgha_nodes_writable", "Nodes that are seen to accept writes. More than 1 is an emergency.", nodes?.Count(n => n.Seen.Serves))
            .Gauge("pgha_operations_open", "Operations of this agent that run or are not concluded.", facts.Operations.Count(o => o.State is OperationState.Running or OperationState.Waiting))
            .Gauge("pgha_operation_needs_person", "1 if the newest operation was interrupted, and nothing more is done about it.", facts.Operations is [{ Recovery.State: RecoveryState.Reported }, ..])
            .Gauge("pgha_writes_interrupted_seconds", "How long the last switchover of this agent interrupted writes.", facts.Operations.Select(o => o.WritesInterruptedMs).FirstOrDefault(ms => ms is not null) / 1000)
            .Family("pgha_standby_to_replay_bytes", "Bytes of WAL that an attached standby has yet to replay.", Standbys(status))
            .Family("pgha_slot_held_bytes", "Bytes of WAL that a replication slot holds back.", Slots(status, slot => slot.HoldsBytes))
            .Family("pgha_slot_active", "1 if a replication slot is used now.", Slots(status, slot => slot.Active ? 1 : 0))
            .Family("pgha_slot_lost", "1 if PostgreSQL keeps no WAL any more for a replication slot.", Slots(status, slot => slot.Lost ? 1 : 0));
    }

    private static IEnumerable<(MetricLabel[] Labels, double Value)> Standbys(NodeStatus? status) =>
        (status?.Standbys ?? []).DistinctBy(s => s.Name).Select(s => ((MetricLabel[])[new("standby", s.Name), new("sync", s.Sync)], (double)s.ToReplay));

    private static IEnumerable<(MetricLabel[] Labels, double Value)> Slots(NodeStatus? status, Func<SlotStanding, double?> value) => (status?.Slots ?? [])
        .Where(slot => value(slot) is not null).Select(slot => ((MetricLabel[])[new("slot", slot.Name), new("type", slot.Logical ? "logical" : "physical")], value(slot)!.Value));

    private static NodeStatus? Status(HealthFacts f) => f.Nodes?.FirstOrDefault(n => n.Seen.Node == f.Own.Node);

    private static double Seconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;
}
