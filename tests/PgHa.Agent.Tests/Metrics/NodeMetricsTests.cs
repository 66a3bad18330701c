using PgHa.Agent.Api.Health;
using PgHa.Agent.Api.Metrics;
using PgHa.Agent.Tests.Plans;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Metrics;

/// <summary>What Prometheus is told.</summary>
[Trait("Category", "Fast")]
public class NodeMetricsTests
{
    private static string[] Lines(Condition one, Condition two, Func<MetricFacts, MetricFacts>? more = null)
    {
        var nodes = Sketch.View(one, two).Nodes.Select(n => n.Sql is { InRecovery: true } sql ? n with { Sql = sql with { Replay = new Lsn(0x2000000) } } : n).ToArray();
        var health = new HealthFacts
        {
            Own = nodes[0],
            MayServe = true,
            Alive = true,
            Nodes = [.. nodes.Select(n => new NodeStatus { Seen = n, Version = "0.1", PendingRestart = [], Standbys = n.Sql is { InRecovery: false } ? [new("n1", "sync", 0, 0), new("n2", "async", 5, 7)] : [], Slots = [new("a\"b\\", true, false, 9, "lost")] })],
        };
        var facts = new MetricFacts("main", health, DateTimeOffset.FromUnixTimeSeconds(1000));
        return NodeMetrics.Write(more is null ? facts : more(facts)).Split('\n');
    }

    private static string? Value(string[] lines, string sample) => lines.FirstOrDefault(l => l.StartsWith(sample + " ", StringComparison.Ordinal))?[(sample.Length + 1)..];

    private static string? Of(string[] lines, string name) => Value(lines, name.StartsWith("patroni", StringComparison.Ordinal) ? name + "{scope=\"main\",name=\"n1\"}" : name + "{cluster=\"main\",node=\"n1\"}");

    [Fact]
    public void A_primary()
    {
        var lines = Lines(Condition.Primary, Condition.Standby, f => f with { StartedAt = 12.5 });
        Assert.Equal(("1", "1", "0", "50331648", "1", "12.5"), (Of(lines, "patroni_postgres_running"), Of(lines, "patroni_primary"), Of(lines, "patroni_replica"), Of(lines, "patroni_xlog_location"), Of(lines, "patroni_postgres_timeline"),
            Of(lines, "patroni_postmaster_start_time")));
        Assert.Equal("7", Value(lines, "pgha_standby_to_replay_bytes{cluster=\"main\",node=\"n1\",standby=\"n2\",sync=\"async\"}"));
        Assert.Equal("1", Value(lines, "pgha_slot_lost{cluster=\"main\",node=\"n1\",slot=\"a\\\"b\\\\\",type=\"logical\"}"));
        Assert.Equal("1", Value(lines, "pgha_node_state{cluster=\"main\",node=\"n1\",state=\"primary\"}"));
        Assert.Equal(("2", "2", "1"), (Of(lines, "pgha_nodes"), Of(lines, "pgha_nodes_seen"), Of(lines, "pgha_nodes_writable")));
        Assert.Equal("0", Of(Lines(Condition.Primary, Condition.Standby, f => f with { Health = f.Health with { MayServe = false } }), "patroni_primary"));
        Assert.Equal("2", Of(Lines(Condition.Primary, Condition.PrimaryAlone), "pgha_nodes_writable"));
    }

    [Fact]
    public void A_standby()
    {
        var lines = Lines(Condition.Standby, Condition.Primary);
        Assert.Equal(("0", "1", "1", "0", "16777216"), (Of(lines, "patroni_primary"), Of(lines, "patroni_replica"), Of(lines, "patroni_sync_standby"), Of(lines, "patroni_quorum_standby"), Of(lines, "pgha_lag_bytes")));
        Assert.Equal(("50331648", "33554432", "1"), (Of(lines, "patroni_xlog_received_location"), Of(lines, "patroni_xlog_replayed_location"), Of(lines, "patroni_postgres_streaming")));
    }

    [Fact]
    public void What_is_not_known_is_left_out()
    {
        var lines = Lines(Condition.Standby, Condition.AgentAway);
        foreach (var name in (string[])["patroni_sync_standby", "pgha_lag_bytes", "patroni_is_paused", "patroni_cluster_unlocked", "patroni_xlog_location", "patroni_postmaster_start_time", "pgha_promotable", "pgha_record_epoch"])
            Assert.Null(Of(lines, name));
        Assert.Equal(("2", "1", "0"), (Of(lines, "pgha_nodes"), Of(lines, "pgha_nodes_seen"), Of(lines, "pgha_nodes_writable")));
        Assert.Equal("0", Of(Lines(Condition.StoppedAsPrimary, Condition.AgentAway), "patroni_postgres_running"));
    }

    [Fact]
    public void Each_family_is_told_once_with_its_kind()
    {
        var lines = Lines(Condition.Primary, Condition.Standby, f => f with { Paused = false, Unlocked = false, Stays = false });
        var kinds = lines.Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(l => l.Split(' ')[2]).ToArray();
        Assert.Equal(kinds.Distinct(), kinds);
        Assert.Equal(kinds.Order(), lines.Where(l => l.Length > 0 && l[0] != '#').Select(l => l[..l.IndexOf('{', StringComparison.Ordinal)]).Distinct().Order());
    }

    /// <summary>Alerts and documents name what there is.</summary>
    [Theory]
    [InlineData("deploy/pgha.rules.yml"), InlineData("deploy/grafana.json"), InlineData("docs/metrics.md")]
    public void Files_name_what_there_is(string file)
    {
        var known = Lines(Condition.Primary, Condition.Standby, All).Concat(Lines(Condition.Standby, Condition.Primary, All))
            .Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(l => l.Split(' ')[2]).Append("pgha_writes_interrupted_seconds").ToHashSet(); // MetricsTests shows that one
        foreach (var name in System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(Path.Combine(Sources.Root, file)), @"\b(?:pgha|patroni)_[a-z_]+").Select(m => m.Value).Distinct())
            Assert.Contains(name, known);

        static MetricFacts All(MetricFacts f) => f with
        {
            StartedAt = 1,
            Paused = false,
            Unlocked = false,
            Stays = false,
            Health = f.Health with { Own = f.Health.Own with { Failover = new() { Epoch = 1, MayWriteFor = 1 }, Sql = f.Health.Own.Sql! with { Held = ReplayFacts.Free } }, Nodes = [.. f.Health.Nodes!.Select(n => n with { ReplayedAgo = 1 })] },
            Operations = [],
        };
    }
}
