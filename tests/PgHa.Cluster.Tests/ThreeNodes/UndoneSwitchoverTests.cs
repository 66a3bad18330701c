namespace PgHa.Cluster.Tests.ThreeNodes;

/// <summary>A switchover whose target does not start ends with the old primary serving again, also while nobody knows of the third node.</summary>
public sealed class UndoneSwitchoverTests : ClusterTest
{
    [Theory]
    [InlineData("masterSlave")]
    [InlineData("slaveMaster")]
    public async Task The_old_primary_is_brought_back_while_the_third_node_is_unknown(string order)
    {
        var cluster = await ThirdUnknown();
        // found only when it is to start as primary; it does not keep it from being a standby
        await AsPostgres.Run("/usr/bin/touch", cluster.N2.Postgres.InData("recovery.signal"));
        var failed = await cluster.N1.Api.Post($"instance/switchover/{order}?to=pg-node02");
        failed.AssertRefused(409, 7);
        Assert.Contains("what had been done was undone", failed.Message, StringComparison.Ordinal);
        await ServesAgain(cluster, "slave");
    }

    [Fact]
    public async Task The_old_primary_is_brought_back_also_where_the_target_does_not_start_at_all()
    {
        var cluster = await ThirdUnknown();
        await File.WriteAllTextAsync(cluster.N2.In("broken.so"), "no library", TestContext.Current.CancellationToken);
        await cluster.N2.AddToPostgresConf($"shared_preload_libraries = '{cluster.N2.In("broken")}'");
        var failed = await cluster.N1.Api.Post("instance/switchover/masterSlave?to=pg-node02");
        failed.AssertRefused(500, 9);
        Assert.Contains("undoing it", failed.Message, StringComparison.Ordinal);
        Assert.True(cluster.N2.Postgres.HasStandbySignal);
        await ServesAgain(cluster, "inactive");
    }

    private async Task<TestCluster> ThirdUnknown()
    {
        var cluster = await ThreeRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N3.Agent.Kill();
        await cluster.WaitForStates("master", "slave", "unknown");
        return cluster;
    }

    private static async Task ServesAgain(TestCluster cluster, string stateOfN2)
    {
        await cluster.WaitForStates("master", stateOfN2, "unknown");
        await cluster.Ledger.Insert(cluster.N1);
        Assert.Equal(1, await cluster.N1.Postgres.Timeline());
        await cluster.N3.StartAgent();
        await cluster.WaitForStates("master", stateOfN2, "slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
