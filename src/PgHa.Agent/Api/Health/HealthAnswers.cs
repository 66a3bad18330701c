using System.Globalization;
using System.Text.Json;
using PgHa.Agent.Configuration;
using PgHa.Client.Facts;

namespace PgHa.Agent.Api.Health;

/// <summary>The bodies, in the form that Patroni gives them: the role and the position of a node, and nothing that a stranger should not read.</summary>
/// <param name="options">Names the cluster and the node.</param>
internal sealed class HealthAnswers(AgentOptions options)
{
    /// <summary>This node.</summary>
    internal void Node(Utf8JsonWriter json, HealthFacts f) => JsonSerializer.Serialize(json, Of(f), HealthJson.Default.HealthAnswer);

    /// <summary>All nodes.</summary>
    internal void Cluster(Utf8JsonWriter json, HealthFacts f)
    {
        json.WriteStartObject();
        json.WriteStartArray("members");
        foreach (var node in f.Nodes ?? [])
            Member(json, f, node.Seen);
        json.WriteEndArray();
        json.WriteString("scope", options.Cluster);
        json.WriteEndObject();
    }

    /// <summary>Each timeline that was begun since the record stands in etcd: where the one before ended, why, when, and by whom.</summary>
    internal static void History(Utf8JsonWriter json, IReadOnlyList<HistoryEntry> entries)
    {
        json.WriteStartArray();
        foreach (var entry in entries.Where(e => e is { Timeline: > 1, From: not null }))
        {
            json.WriteStartArray();
            json.WriteNumberValue(entry.Timeline!.Value - 1);
            json.WriteNumberValue(entry.Lsn is { } lsn && Formats.Lsn.TryParse(lsn, out var at) ? at.Value : 0);
            json.WriteStringValue(entry.Cause);
            json.WriteStringValue(entry.At.ToString("O", CultureInfo.InvariantCulture));
            json.WriteStringValue(entry.To);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    private static void Member(Utf8JsonWriter json, HealthFacts f, NodeObservation node)
    {
        json.WriteStartObject();
        json.WriteString("name", node.Node);
        json.WriteString("role", node == f.Primary?.Seen ? "leader" : f.SyncOf(node) switch { "sync" => "sync_standby", "quorum" => "quorum_standby", _ => "replica" });
        json.WriteString("state", node is { State: NodeState.Standby } ? "streaming" : State(node));
        if (node.Sql?.Timeline is { } timeline)
            json.WriteNumber("timeline", timeline.Value);
        if (node.Sql is { InRecovery: true })
            if (f.LagOf(node) is { } lag)
                json.WriteNumber("lag", lag);
            else
                json.WriteString("lag", "unknown");
        json.WriteEndObject();
    }

    private HealthAnswer Of(HealthFacts f) => new(State(f.Own), f.IsPrimary ? "primary" : "replica", f.Own.Sql?.Timeline?.Value, f.Own.Sql is { } sql ? Position(sql) : null, new(options.Cluster, options.Node));

    private static HealthPosition Position(SqlFacts sql) => new(
        sql.Flush?.Value,
        sql.InRecovery ? sql.Receive?.Value : null,
        sql.InRecovery ? sql.Replay?.Value : null,
        sql.InRecovery ? sql.Held?.Paused : null);

    private static string State(NodeObservation node) => node switch
    {
        { Reachable: false } => "unknown",
        { Server: ServerStatus.Running, Sql: not null } => "running",
        { Server: ServerStatus.Starting } => "starting",
        { Server: ServerStatus.ShuttingDown } => "stopping",
        { Server: ServerStatus.Stopped } => "stopped",
        _ => "unknown",
    };
}
