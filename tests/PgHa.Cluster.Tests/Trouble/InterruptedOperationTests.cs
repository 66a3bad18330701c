namespace PgHa.Cluster.Tests.Trouble;

/// <summary>What a restarted agent does about the operation it was carrying out, and what it leaves alone.</summary>
public sealed class InterruptedOperationTests : ClusterTest
{
    [Fact]
    public async Task A_goal_that_another_operation_has_passed_by_is_only_reported()
    {
        var cluster = await BothRunning();
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Delete, "instance/slaveMaster");
        await operation.AdvanceTo(1);
        await cluster.N1.Agent.Kill();
        Assert.Equal(200, (await cluster.N2.Api.Post($"../v2/operations/{operation.Id}/abandon")).Status);
        Assert.Equal(200, (await cluster.N2.Api.Post("instance/current")).Status);
        await cluster.N1.StartAgent();
        var (how, report) = await operation.End();
        Assert.Equal("reported", how);
        Assert.Contains("may have changed pg-node02 after it", report, StringComparison.Ordinal);
        await cluster.WaitForStates("master", "slave");
    }

    [Fact]
    public async Task A_node_that_has_to_act_is_waited_for_and_nobody_is_held_up_meanwhile()
    {
        var cluster = await BothRunning();
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Post, "instance/switchover/masterSlave");
        await operation.AdvanceTo("stop pg-node02");
        await Task.WhenAll(cluster.Nodes.Select(node => node.Agent.Kill()));
        await cluster.N1.StartAgent();
        await Wait.Until("it waits for the other agent", async () =>
            (await operation.Report()).ToString().Contains("the agent of pg-node02, which has to act, does not answer", StringComparison.Ordinal), 30);
        await cluster.N2.StartAgent();
        var (how, report) = await operation.End();
        Assert.True(how == "done", report);
        await cluster.WaitForStates("slave", "master");
    }

    [Fact]
    public async Task The_caller_whose_operation_lost_the_other_agent_hears_how_it_ended()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.FreezeChildren(); // its stop takes as long as this test wants
        var call = cluster.N1.Api.Delete("instance/slaveMaster?force=true");
        await Wait.Until("the standby is being stopped", async () =>
            (await OperationWatch.Look(cluster.N2, "node?fresh=true")).TryGetProperty("last_step", out var step) && step.GetProperty("running").GetBoolean(), 30);
        await cluster.N2.Agent.Kill();
        cluster.N2.Postgres.Thaw();
        await cluster.N2.StartAgent();
        await cluster.AssertStates(await call, "inactive", "inactive");
    }
}
