using PgHa.Agent.Api.Health;
using PgHa.Agent.Tests.Plans;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Health;

/// <summary>What load balancers are told.</summary>
[Trait("Category", "Fast")]
public class HealthRulesTests
{
    private static readonly string[] OfPrimary = ["/", "/primary", "/master", "/read-write", "/leader", "/read-only", "/read-only-sync", "/read-only-quorum", "/health", "/liveness", "/readiness"];
    private static readonly string[] OfReplica = ["/replica", "/read-only", "/health", "/liveness", "/readiness"];

    /// <summary>n1 is looked at; n2 is what it is beside.</summary>
    private static HealthFacts Facts(Condition one, Condition two, string sync = "async", ulong behind = 0)
    {
        var view = Sketch.View(one, two);
        var nodes = view.Nodes.Select(n => n.Sql is { InRecovery: false } sql ? n with { Sql = sql with { Flush = new Lsn(0x5000000) } }
            : n.Sql is { InRecovery: true } standby ? n with { Sql = standby with { Receive = new Lsn(0x5000000), Replay = new Lsn(0x5000000 - behind) } } : n).ToArray();
        return new()
        {
            Own = nodes[0],
            MayServe = true,
            Alive = true,
            Nodes = [.. nodes.Select(n => new NodeStatus { Seen = n, Standbys = n.Sql is { InRecovery: false } ? [new("n1", sync, 0, 0), new("n2", sync, 0, 0)] : [] })],
        };
    }

    private static string[] Ok(HealthFacts facts, HealthOptions? options = null) => [.. HealthRules.Table.Where(r => r.Is(facts, options ?? HealthOptions.None)).Select(r => r.Path)];

    private static HealthOptions Options(params (string, string)[] query) => HealthRules.Read(query.Select(q => KeyValuePair.Create(q.Item1, q.Item2))).Value!;

    [Fact]
    public void A_primary_is_one_that_may_serve()
    {
        Assert.Equal(OfPrimary, Ok(Facts(Condition.Primary, Condition.Standby)));
        Assert.Equal(OfPrimary, Ok(Facts(Condition.PrimaryAlone, Condition.AgentAway)));
        Assert.Equal(["/health", "/liveness"], Ok(Facts(Condition.Primary, Condition.Standby) with { MayServe = false }));
        Assert.DoesNotContain("/liveness", Ok(Facts(Condition.Primary, Condition.Standby) with { Alive = false }));
    }

    [Theory]
    [InlineData("async", "/async", "/asynchronous"), InlineData("potential", "/async", "/asynchronous"), InlineData("sync", "/sync", "/synchronous", "/read-only-sync"), InlineData("quorum", "/quorum", "/read-only-quorum")]
    public void A_standby_is_what_the_primary_shows_it_as(string sync, params string[] more) =>
        Assert.Equal(OfReplica.Concat(more).Order(), Ok(Facts(Condition.Standby, Condition.Primary, sync)).Order());

    [Fact]
    public void Without_a_primary_in_sight_nothing_is_known_of_lag_and_sync()
    {
        foreach (var other in (Condition[])[Condition.AgentAway, Condition.Standby, Condition.StoppedAsPrimary])
        {
            var facts = Facts(Condition.Standby, other, "sync");
            Assert.Equal(["/replica", "/read-only", "/health", "/liveness"], Ok(facts));
            Assert.Equal(["/health", "/liveness"], Ok(facts, Options(("lag", "1TB"))));
        }
        var unknown = Facts(Condition.Standby, Condition.Primary, "sync") with { Nodes = null };
        Assert.Equal(["/replica", "/read-only", "/health", "/liveness"], Ok(unknown));
    }

    [Theory]
    [InlineData("1048576", true), InlineData("1MB", true), InlineData("1048575", false), InlineData("1023kB", false), InlineData("1 GB", true), InlineData("0", false)]
    public void Lag_is_what_has_yet_to_be_replayed(string most, bool within)
    {
        var facts = Facts(Condition.Standby, Condition.Primary, behind: 1 << 20);
        Assert.Equal(1 << 20, facts.Lag);
        foreach (var path in (string[])["/replica", "/async", "/read-only", "/readiness"])
            Assert.Equal(within, Ok(facts, Options(("lag", most))).Contains(path));
        Assert.Contains("/readiness", Ok(facts, Options(("lag", "0"), ("mode", "write"))));
        Assert.Contains("/primary", Ok(Facts(Condition.Primary, Condition.Standby), Options(("lag", "0"))));
    }

    [Fact]
    public void Tags_are_compared_and_one_that_is_not_known_is_not_met()
    {
        var facts = Facts(Condition.Standby, Condition.Primary) with { NoFailover = true, Priority = 50 };
        Assert.Contains("/replica", Ok(facts, Options(("tag_nofailover", "true"), ("tag_failover_priority", "50"))));
        Assert.DoesNotContain("/replica", Ok(facts, Options(("tag_nofailover", "false"))));
        Assert.DoesNotContain("/replica", Ok(facts, Options(("tag_region", "eu"))));
    }

    [Fact]
    public void A_server_that_does_not_run_or_answer_is_nothing()
    {
        foreach (var condition in (Condition[])[Condition.StoppedAsPrimary, Condition.StoppedAsStandby, Condition.AgentAway, Condition.CrashRecovery, Condition.Frozen])
            Assert.Equal(["/liveness"], Ok(Facts(condition, Condition.AgentAway)));
    }

    [Theory]
    [InlineData("lag", "much"), InlineData("lag", "-1"), InlineData("lag", ""), InlineData("lag", "99999999999TB"), InlineData("mode", "fast"), InlineData("tag_", "x"), InlineData("lagg", "1")]
    public void What_is_not_understood_is_refused(string name, string value)
    {
        var refusal = HealthRules.Read([KeyValuePair.Create(name, value)]).Refusal;
        Assert.Contains($"{name}={value}", refusal?.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refusal!.Hint);
    }

    [Fact]
    public void The_document_shows_the_table_as_it_is()
    {
        var document = File.ReadAllText(Path.Combine(Sources.Root, "docs/health.md"));
        foreach (var rows in HealthRules.Table.GroupBy(r => r.When))
            Assert.Contains($"| {string.Join(", ", rows.Select(r => $"`{r.Path}`"))} | {rows.Key} |", document, StringComparison.Ordinal);
    }
}
