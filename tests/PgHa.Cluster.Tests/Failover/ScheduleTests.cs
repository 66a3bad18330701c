using System.Globalization;

namespace PgHa.Cluster.Tests.Failover;

/// <summary>A switchover that is carried out later, by the agent of the primary.</summary>
public sealed class ScheduleTests : ClusterTest
{
    [Fact]
    public async Task A_scheduled_switchover_is_shown_and_carried_out_once_at_its_time()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        Assert.Contains("a switchover to pg-node03 is scheduled for", await AutomaticCluster.Command(cluster.N2, "schedule", In(TimeSpan.FromSeconds(15)), "--to", "pg-node03", "--reason", "kernel upgrade"), StringComparison.Ordinal);
        (await Schedule(cluster.N1, In(TimeSpan.FromMinutes(5)))).AssertRefused(409, 7);
        Assert.Contains("a switchover to pg-node03 is scheduled for", await AutomaticCluster.Command(cluster.N3, "explain"), StringComparison.Ordinal);
        Assert.Equal("pg-node03", Scheduled(await cluster.N2.Api.GetV2("cluster/scheduled"))!.Value.GetProperty("change").GetProperty("target").GetString());
        await AutomaticCluster.Holds(cluster.N3, 60);
        var last = (await cluster.N1.Api.GetV2("cluster/scheduled")).Field("last")!.Value;
        Assert.Equal(("begun", "pg-node01"), (last.GetProperty("fate").GetString(), last.GetProperty("node").GetString()));
        var operation = await cluster.N1.Api.GetV2($"operations/{last.GetProperty("operation").GetString()}");
        Assert.EndsWith(": kernel upgrade", operation.Field("reason")!.Value.GetString(), StringComparison.Ordinal);
        await Wait.Until("the others follow", async () => await AutomaticCluster.Follows(cluster.N1, cluster.N3) && await AutomaticCluster.Follows(cluster.N2, cluster.N3), 30);
        await Task.Delay(AutomaticCluster.D, TestContext.Current.CancellationToken); // the new primary's agent looks, too
        Assert.Equal(2, await AutomaticCluster.Epoch(cluster.N3));
        Assert.Contains("no switchover is scheduled", await AutomaticCluster.Command(cluster.N1, "schedule"), StringComparison.Ordinal);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact, Trait("Category", "Long")]
    public async Task What_cannot_be_scheduled_is_refused_and_what_is_can_be_cancelled()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        foreach (var (at, why) in ((string, string)[])[("tomorrow", "not a time with an offset"), ("2030-01-31T03:00:00", "not a time with an offset"), (In(TimeSpan.FromMinutes(-1)), "has passed"), (In(TimeSpan.FromDays(31)), "more than 30 days")])
        {
            var refused = await Schedule(cluster.N1, at);
            refused.AssertRefused(400, 2);
            Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        }
        (await cluster.N1.Api.Post("../v2/cluster/failover", $$"""{"target":"pg-node02","at":"{{In(TimeSpan.FromMinutes(1))}}"}""")).AssertRefused(400, 2);
        (await cluster.N1.Api.Post("../v2/cluster/switchover", $$"""{"target":"pg-node09","at":"{{In(TimeSpan.FromMinutes(1))}}"}""")).AssertRefused(400, 2);
        Assert.Equal(404, (await cluster.N1.Api.Delete("../v2/cluster/scheduled")).Status);
        Assert.Equal(202, (await Schedule(cluster.N1, In(TimeSpan.FromSeconds(6)))).Status);
        Assert.Equal(204, (await cluster.N2.Api.Delete("../v2/cluster/scheduled")).Status);
        await Task.Delay(TimeSpan.FromSeconds(9), TestContext.Current.CancellationToken); // its time passes
        await AutomaticCluster.Holds(cluster.N1);
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
        Assert.Equal("cancelled", (await cluster.N1.Api.GetV2("cluster/scheduled")).Field("last")!.Value.GetProperty("fate").GetString());
    }

    [Fact, Trait("Category", "Long")]
    public async Task What_cannot_begin_in_time_is_not_carried_out_and_it_is_said_why()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        Assert.Equal(202, (await Schedule(cluster.N1, In(TimeSpan.FromSeconds(5)))).Status);
        await AutomaticCluster.Command(cluster.N1, "pause");
        await Wait.Until("its time is over", async () => (await cluster.N2.Api.GetV2("cluster/scheduled")).Field("last") is { } last
            && last.GetProperty("fate").GetString() == "missed" && last.GetProperty("said").GetString()!.Contains("automatic failover is paused", StringComparison.Ordinal), 90);
        await AutomaticCluster.Command(cluster.N1, "resume");
        await Wait.Until("the pause is over", async () => !(await AutomaticCluster.Explain(cluster.N1))!.Value.GetProperty("paused").GetBoolean(), 10);
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken); // it would be taken up now
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
        Assert.Null(Scheduled(await cluster.N1.Api.GetV2("cluster/scheduled")));
    }

    private static Task<Answer> Schedule(TestNode node, string at) => node.Api.Post("../v2/cluster/switchover", $$"""{"at":"{{at}}"}""");

    private static System.Text.Json.JsonElement? Scheduled(Answer answer) => answer.Field("scheduled");

    private static string In(TimeSpan time) => DateTimeOffset.UtcNow.Add(time).ToOffset(TimeSpan.FromHours(2)).ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture);
}
