using System.Text.Json;

namespace PgHa.Cluster.Tests.Locks;

/// <summary>An operation whose steps are done waits for what they bring about. That holds nobody up.</summary>
public sealed class OutcomeWaitTests : ClusterTest
{
    [Fact]
    public async Task A_promised_node_that_is_seen_stopped_ends_the_wait_at_once()
    {
        var (cluster, operation) = await NeverStreams();
        await cluster.N2.Postgres.KillAndWait();
        var took = await Wait.Until("it has ended", async () => State(await operation.Report()) == "failed", 20);
        Assert.True(took < TimeSpan.FromSeconds(10), $"it took {took}");
        Assert.Contains("pg-node02 is stopped", (await operation.Report()).ToString(), StringComparison.Ordinal);
        await cluster.Play("DELETE N1 instance/current → inactive, inactive");
    }

    [Fact]
    public async Task Others_act_while_it_waits_and_it_ends_when_they_have()
    {
        var (cluster, operation) = await NeverStreams();
        await Wait.Until("the locks are free", async () => await cluster.N2.Api.LockedBy() is null, 20);
        Assert.Equal("running", State(await operation.Report()));
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await Wait.Until("it has ended", async () => State(await operation.Report()) == "failed", 20);
        Assert.Contains("acted while this one", (await operation.Report()).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_can_be_abandoned_while_it_waits()
    {
        var (cluster, operation) = await NeverStreams();
        Assert.Contains("abandon", (await cluster.N1.Api.Delete("instance/current")).Hint ?? "", StringComparison.Ordinal);
        var answer = await cluster.N2.Api.PostV2($"operations/{operation.Id}/abandon");
        Assert.True(answer.Status == 200 && answer.Body.Contains("abandoned while it waited", StringComparison.Ordinal), answer.ToString());
        await cluster.Play("DELETE N2 instance/current → single, inactive");
    }

    [Fact]
    public async Task A_lost_agent_holds_nobody_up_either()
    {
        var (cluster, _) = await NeverStreams(coordinator: 1);
        await cluster.N2.Agent.Kill();
        await Wait.Until("the locks are free", async () => await cluster.N1.Api.LockedBy() is null, 30);
        await cluster.Play("DELETE N1 instance/current → inactive, unknown");
    }

    /// <summary>The standby starts and its walreceiver is refused: the operation waits for it to stream.</summary>
    private async Task<(TestCluster Cluster, OperationWatch Operation)> NeverStreams(int coordinator = 2)
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.Stop();
        var operation = await OperationWatch.Begin(cluster.Nodes[coordinator - 1], HttpMethod.Post, coordinator == 1 ? "instance/all" : "instance/slave");
        await operation.AdvanceTo("start pg-node02 as standby");
        var hba = cluster.N1.Postgres.InData("pg_hba.conf");
        await File.WriteAllTextAsync(hba, "host replication all all reject\n" + await File.ReadAllTextAsync(hba, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        await cluster.N1.Postgres.Execute("SELECT pg_reload_conf()");
        await operation.Resume("?all=true");
        await Wait.Until("all of its steps are done", async () => (await operation.Report()).GetProperty("steps").EnumerateArray().All(s => State(s) == "done"), 30);
        Assert.Equal("running", State(await operation.Report()));
        return (cluster, operation);
    }

    private static string State(JsonElement of) => of.GetProperty("state").GetString()!;
}
