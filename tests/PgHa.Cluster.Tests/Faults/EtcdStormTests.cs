using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>etcd loses one leader after the other.</summary>
public sealed class EtcdStormTests : ClusterTest
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    [Fact, Trait("Category", "Long")]
    public async Task Leaders_of_etcd_that_are_killed_every_five_seconds_cost_no_failover()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        var postmaster = cluster.N1.Postgres.Pid;
        await using (new WritingClients(cluster, TimeSpan.FromMilliseconds(10)))
            for (var round = 0; round < 8; round++)
            {
                var leader = await automatic.Etcd.Leader();
                await leader.Kill();
                var before = cluster.Ledger.CountOn(cluster.N1);
                await Task.Delay(Between, TestContext.Current.CancellationToken); // the time between two faults, not a wait
                leader.Start();
                await automatic.Etcd.Works();
                Assert.True(cluster.Ledger.CountOn(cluster.N1) > before, $"round {round}: nothing was written meanwhile");
            }
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
        Assert.Equal(postmaster, cluster.N1.Postgres.Pid);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }
}
