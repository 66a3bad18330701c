namespace PgHa.Cluster.Tests.Locks;

/// <summary>A lock blocks others as long as its operation may be carried out, and no longer.</summary>
public sealed class LeftoverLockTests : ClusterTest
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_live_operation_cannot_be_abandoned_and_one_whose_agent_is_gone_can()
    {
        var cluster = await BothRunning();
        var abandon = $"operations/{await HangingStop(cluster)}/abandon";
        foreach (var node in cluster.Nodes)
            (await node.Api.PostV2(abandon)).AssertRefused(409, 8);

        await cluster.N2.Agent.Kill();
        cluster.N2.Postgres.Thaw();
        await cluster.Play("DELETE N1 instance/current → refused 409, code 8");
        Assert.Equal(200, (await cluster.N1.Api.PostV2(abandon)).Status);
        (await cluster.N1.Api.PostV2(abandon)).AssertRefused(404, 1);
        await cluster.Play("DELETE N1 instance/current → inactive, unknown");
    }

    [Fact]
    public async Task A_lock_of_a_dead_run_is_void_once_its_agent_is_back()
    {
        var cluster = await BothRunning();
        await HangingStop(cluster);
        await cluster.N2.Agent.Kill();
        cluster.N2.Postgres.Thaw();
        await Wait.Until("N2 is down", () => cluster.N2.Postgres.Processes.Count == 0);
        await cluster.N2.StartAgent();
        Assert.NotNull(await cluster.N1.Api.LockedBy());
        await cluster.Play("DELETE N1 instance/current → inactive, inactive");
    }

    [Theory]
    [InlineData(1), InlineData(2)]
    public async Task A_lock_that_its_running_owner_does_not_know_is_void(int called)
    {
        var cluster = await BothRunning();
        await cluster.N2.Api.TakeLock("release-got-lost", cluster.N1);
        var answer = await cluster.Nodes[called - 1].Api.Delete("instance/slave");
        await cluster.AssertStates(answer, "single", "inactive");
        Assert.InRange(answer.Elapsed, TimeSpan.Zero, AtOnce);
        Assert.Null(await cluster.N2.Api.LockedBy());
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task A_peer_that_is_away_when_the_locks_are_given_back_does_not_block_the_next_operation(bool killed)
    {
        var cluster = await BothRunning();
        await cluster.N1.Postgres.FreezeChildren();
        (await cluster.N1.Api.Delete("instance/current?timeout=1")).AssertRefused(504, 9);
        await (killed ? cluster.N2.Agent.Kill() : cluster.N2.Agent.Freeze());
        cluster.N1.Postgres.Thaw();
        await Wait.Until("N1 has given the locks back", async () =>
            (await cluster.N1.Api.GetV2("node?fresh=true")).Field("live_operations")?.GetArrayLength() == 0, 20);

        if (killed) await cluster.N2.StartAgent();
        else cluster.N2.Agent.Thaw();
        var answer = await cluster.N2.Api.Post("instance/failover/promote");
        await cluster.AssertStates(answer, "inactive", "single");
        Assert.InRange(answer.Elapsed, TimeSpan.Zero, AtOnce);
    }

    /// <summary>The stop of N2 by its agent, which cannot end until the server is thawed; its id.</summary>
    private static async Task<string> HangingStop(TestCluster cluster)
    {
        await cluster.N2.Postgres.FreezeChildren();
        var late = await cluster.N2.Api.Delete("instance/current?timeout=1");
        late.AssertRefused(504, 9);
        return late.Location!.ToString().Split('/')[^1];
    }
}
