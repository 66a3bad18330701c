namespace PgHa.Cluster.Tests.ThreeNodes;

/// <summary>A node that a switchover by promotion does not need comes back, or goes, while it runs: it must not leave the others without a primary.</summary>
[Trait("Category", "Long")]
public sealed class ThirdNodeChangesTests : ClusterTest
{
    private const string There = "instance/switchover/masterSlave?by=promote&to=pg-node02";
    private const string HandOver = "end the sessions of", TakeOver = "and promote it";

    /// <summary>Its lock was not taken, for it was out of reach.</summary>
    [Fact]
    public async Task One_that_comes_back_before_the_primary_is_ended_has_the_switchover_refused()
    {
        var cluster = await Without(third: true);
        var postmaster = cluster.N1.Postgres.Pid;
        var (how, report) = await Play(cluster, HandOver, () => cluster.N3.StartAgent());
        Assert.Equal("undone", how);
        Assert.Contains("the lock of pg-node03 is not held", report, StringComparison.Ordinal);
        Assert.Equal(postmaster, cluster.N1.Postgres.Pid);
        await cluster.Ledger.Insert(cluster.N1);
    }

    [Theory]
    [InlineData(There), InlineData("instance/switchover/masterSlave?to=pg-node02")]
    public async Task One_that_comes_back_when_the_primary_is_down_has_it_serve_again(string call)
    {
        var cluster = await Without(third: true);
        var (how, report) = await Play(cluster, call == There ? TakeOver : "start pg-node02 as primary", () => cluster.N3.StartAgent(), call);
        Assert.True(how == "undone", report);
        Assert.Equal(cluster.N1, await cluster.Writable());
        await cluster.Ledger.Insert(cluster.N1);
    }

    /// <summary>Before, nothing is stopped yet and it is planned anew without it, as if it had been away from the beginning.</summary>
    [Theory]
    [InlineData(HandOver, "pg-node03 does not answer any more"), InlineData(TakeOver, "pg-node03 is unknown")]
    public async Task One_that_is_lost_leaves_the_others_with_a_primary(string step, string why)
    {
        var cluster = await Without(third: false);
        var (_, report) = await Play(cluster, step, async () =>
        {
            await cluster.N3.Agent.Kill();
            await cluster.N3.Postgres.KillAndWait();
        });
        Assert.Contains(why, report, StringComparison.Ordinal);
        await OperationWatch.NothingOpen(cluster.N1);
        var serves = await cluster.Writable();
        await cluster.Ledger.Insert(serves);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static async Task<(string How, string Report)> Play(TestCluster cluster, string step, Func<Task> change, string call = There)
    {
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Post, call);
        await operation.AdvanceTo(step);
        await change();
        await operation.TryResumeAll();
        return await operation.End();
    }

    private async Task<TestCluster> Without(bool third)
    {
        var cluster = await ThreeRunning();
        await cluster.Ledger.Insert(cluster.N1);
        if (!third) return cluster;
        await cluster.N3.Postgres.Stop();
        await cluster.N3.Agent.Stop();
        return cluster;
    }
}
