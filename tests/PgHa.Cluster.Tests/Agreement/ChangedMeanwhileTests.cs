namespace PgHa.Cluster.Tests.Agreement;

/// <summary>An agent is restarted with a changed file in the middle of a change of roles: no further step is made, and what served before serves again.</summary>
public sealed class ChangedMeanwhileTests : ClusterTest
{
    private const string ByRestart = "instance/switchover/masterSlave?to=pg-node02";

    [Theory]
    [InlineData(2, 3), InlineData(1, 2)]
    public async Task The_old_primary_serves_again_though_the_agents_disagree(int coordinator, int changed)
    {
        var cluster = await ThreeRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await using var watch = new WriterWatch(cluster);
        var operation = await OperationWatch.Begin(cluster.Nodes[coordinator - 1], HttpMethod.Post, ByRestart);
        await operation.AdvanceTo("as primary");
        var restarted = cluster.Nodes[changed - 1];
        await restarted.Agent.Stop();
        await restarted.AddUnknownNode();
        await restarted.StartAgent();
        await operation.TryResumeAll();
        var (how, report) = await operation.End();
        Assert.True(how == "undone", report);
        Assert.Equal(cluster.N1, await cluster.Writable());
        (await cluster.N1.Api.Post(ByRestart)).AssertRefused(409, 7);
        await cluster.Ledger.Insert(cluster.N1);
        Assert.DoesNotContain(cluster.N2, watch.AssertOneWriter());
        await restarted.Agent.Stop();
        NodeFiles.WriteAgentConfig(restarted, cluster.Nodes);
        await restarted.StartAgent();
        Assert.Equal(200, (await cluster.N1.Api.Post("instance/all")).Status);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>The changed file does not list the old primary: it must not serve beside a set of nodes that does not ask it. What is stopped waits.</summary>
    [Fact]
    public async Task Where_the_changed_file_forgets_the_old_primary_it_waits_until_the_agents_agree()
    {
        var cluster = await ThreeRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await using var watch = new WriterWatch(cluster);
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Post, ByRestart);
        await operation.AdvanceTo("as primary");
        await cluster.N2.Agent.Stop();
        NodeFiles.WriteAgentConfig(cluster.N2, [cluster.N2, cluster.N3]);
        await cluster.N2.StartAgent();
        await operation.TryResumeAll();
        await Wait.Until("it waits", async () => (await operation.Report()).TryGetProperty("recovery", out var r)
            && r.GetProperty("message").GetString()!.Contains("disagree about the cluster", StringComparison.Ordinal), 30);
        Assert.False(cluster.N1.Postgres.IsRunning);
        await cluster.N2.Agent.Stop();
        NodeFiles.WriteAgentConfig(cluster.N2, cluster.Nodes);
        await cluster.N2.StartAgent();
        var (how, report) = await operation.End();
        Assert.True(how == "done", report);
        Assert.Equal(cluster.N2, await cluster.Writable());
        watch.AssertOneWriter();
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task What_is_abandoned_while_the_agents_disagree_is_undone()
    {
        var cluster = await ThreeRunning();
        var operation = await OperationWatch.Begin(cluster.N2, HttpMethod.Post, ByRestart);
        await operation.AdvanceTo("as primary");
        await cluster.N3.Agent.Stop();
        await cluster.N3.AddUnknownNode();
        await cluster.N3.StartAgent();
        await cluster.N2.Api.Post($"../v2/operations/{operation.Id}/abandon");
        var (how, report) = await operation.End();
        Assert.True(how == "undone", report);
        Assert.Equal(cluster.N1, await cluster.Writable());
    }
}
