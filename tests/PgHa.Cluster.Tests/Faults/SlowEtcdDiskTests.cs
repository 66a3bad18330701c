using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>A disk of etcd is slow.</summary>
public sealed class SlowEtcdDiskTests : ClusterTest
{
    [Fact, Trait("Category", "Long")]
    public async Task A_leader_of_etcd_whose_disk_takes_a_second_for_each_flush_costs_no_failover()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var (cluster, primary) = (automatic.Cluster, automatic.Cluster.N1);
        var postmaster = primary.Postgres.Pid;
        await using (new WritingClients(cluster, TimeSpan.FromMilliseconds(10)))
        {
            using var slow = await SlowDisk.Of((await automatic.Etcd.Leader()).Pid, TimeSpan.FromSeconds(1));
            await AutomaticCluster.ServesOn(primary);
            Assert.True(slow.Flushes > 2, "the disk was not slow");
        }
        Assert.Equal((1, postmaster), (await AutomaticCluster.Epoch(primary), primary.Postgres.Pid));
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }
}
