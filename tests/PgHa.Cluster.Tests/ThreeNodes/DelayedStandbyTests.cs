namespace PgHa.Cluster.Tests.ThreeNodes;

/// <summary>A third node replays an hour later, as its operator wants it: role changes of the others do not wait for that.</summary>
[Trait("Category", "Long")]
public sealed class DelayedStandbyTests : ClusterTest
{
    [Theory]
    [InlineData("POST N1 instance/switchover/masterSlave?by=promote&to=pg-node02")]
    [InlineData("POST N1 instance/switchover/masterSlave?to=pg-node02")]
    [InlineData("POST N1 instance/switchover/slaveMaster?to=pg-node02")]
    public async Task A_role_change_does_not_wait_for_it(string call)
    {
        var cluster = Keep(await TestCluster.AllRunning(3, prepare: each => each.N3.AddToPostgresConf("recovery_min_apply_delay = '1h'")));
        await cluster.Ledger.Insert(cluster.N1);
        var answer = await cluster.N1.Api.Post(call["POST N1 ".Length..]);
        Assert.True(answer.Status == 200, answer.ToString());
        Assert.Equal(("slave", "master"), (answer.State(cluster.N1), answer.State(cluster.N2)));
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.N3.Postgres.Execute("ALTER SYSTEM SET recovery_min_apply_delay = 0");
        await cluster.N3.Postgres.Execute("SELECT pg_reload_conf()");
        await cluster.WaitForStates("slave", "master", "slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
