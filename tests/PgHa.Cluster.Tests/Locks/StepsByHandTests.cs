namespace PgHa.Cluster.Tests.Locks;

/// <summary>A step called by hand is an operation of its own; as part of one it needs that one's lock.</summary>
public sealed class StepsByHandTests : ClusterTest
{
    private static readonly string[] Steps =
    [
        "stop", "start?as=recovery", "start?as=primary", "start?as=standby&upstream=pg-node01", "promote", "follow?upstream=pg-node01",
        "complete?source=pg-node01", "replay", "check?upstream=pg-node01", "checkpoint",
    ];

    [Fact]
    public async Task No_step_by_hand_crosses_a_running_operation()
    {
        var cluster = await BothRunning();
        var operation = await HangingStop(cluster);
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var step in Steps)
                foreach (var node in cluster.Nodes)
                {
                    var refused = await node.Api.PostV2("node/" + step);
                    refused.AssertRefused(409, 8);
                    Assert.Contains(operation, refused.Hint, StringComparison.Ordinal);
                }
        });
        cluster.N2.Postgres.Thaw();
        await cluster.WaitForStates("single", "inactive");
    }

    [Fact]
    public async Task While_a_step_by_hand_runs_nobody_else_can_begin_and_afterwards_everybody_can()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.FreezeChildren();
        var byHand = cluster.N2.Api.PostV2("node/stop");
        await Wait.Until("N2 is locked", async () => await cluster.N2.Api.LockedBy() != null);
        await cluster.Play("""
            POST   N1 instance/switchover/masterSlave  → refused 409, code 8
            DELETE N2 instance/current                 → refused 409, code 8
            DELETE N1 instance/current                 → refused 409, code 8
            """);
        (await cluster.N1.Api.PostV2("node/checkpoint")).AssertRefused(409, 8);
        cluster.N2.Postgres.Thaw();
        Assert.Equal(200, (await byHand).Status);
        await cluster.Play("POST N2 instance/slave → master, slave");
    }

    [Fact]
    public async Task A_step_of_an_operation_that_holds_no_lock_is_refused()
    {
        var cluster = await BothRunning();
        await cluster.AssertUnchanged(() => AllRefused(cluster.N1, "nobody-knows-it"));
    }

    [Fact]
    public async Task A_step_of_another_operation_than_the_one_that_holds_the_lock_is_refused()
    {
        var cluster = await BothRunning();
        await HangingStop(cluster);
        await cluster.AssertUnchanged(() => AllRefused(cluster.N1, "another-one"));
        cluster.N2.Postgres.Thaw();
        await cluster.WaitForStates("single", "inactive");
    }

    private static async Task AllRefused(TestNode node, string operation)
    {
        foreach (var step in Steps)
        {
            var failure = Assert.NotNull((await node.Api.PostV2("node/" + step, operation)).Field("failure"));
            Assert.Equal(8, failure.GetProperty("code").GetInt32());
        }
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
