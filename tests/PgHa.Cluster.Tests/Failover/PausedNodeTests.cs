namespace PgHa.Cluster.Tests.Failover;

/// <summary>Automatic failover is paused for one node.</summary>
public sealed class PausedNodeTests : ClusterTest
{
    /// <summary>Of two standbys that hold the same the second would be promoted, because of its name.</summary>
    [Fact]
    public async Task A_paused_node_is_neither_promoted_nor_moved_nor_started_and_follows_when_it_is_resumed()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await AutomaticCluster.Command(cluster.N1, "pause", "pg-node02");
        foreach (var node in cluster.Nodes)
            await Wait.Until($"{node.Name} knows that pg-node02 is paused", async () => (await AutomaticCluster.PausedNodes(node)).SequenceEqual(["pg-node02"]), 10);
        Assert.Contains("PAUSED for pg-node02", await AutomaticCluster.Command(cluster.N2, "explain"), StringComparison.Ordinal);
        await AutomaticCluster.Lose(cluster.N1);
        await AutomaticCluster.Holds(cluster.N3);
        await cluster.Ledger.Insert(cluster.N3);
        Assert.Equal(0, await cluster.N3.Postgres.Ask<long>("SELECT count(*) FROM pg_stat_replication"));
        await Wait.Until("N2 says what it would do", async () => (await AutomaticCluster.Explain(cluster.N2))!.Value.GetProperty("reason").GetString()!
            .StartsWith("automatic failover is paused for pg-node02; else: pg-node03 holds the record and serves", StringComparison.Ordinal), 20);
        await cluster.N2.Postgres.Stop();
        await cluster.N1.StartAgent();
        await Wait.Until("N1 follows", () => AutomaticCluster.Follows(cluster.N1, cluster.N3), 40); // the rules have had their time
        Assert.False(cluster.N2.Postgres.IsRunning);
        await AutomaticCluster.Command(cluster.N3, "resume", "pg-node02");
        await Wait.Until("N2 follows", () => AutomaticCluster.Follows(cluster.N2, cluster.N3), 40);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_server_of_a_paused_node_that_is_started_writable_is_killed_and_the_record_of_a_paused_primary_is_renewed()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, rejoin: "reclone");
        var cluster = automatic.Cluster;
        (await cluster.N1.Api.PostV2("cluster/pause?node=pg-node09")).AssertRefused(400, 2);
        foreach (var name in (string[])["pg-node01", "pg-node02"])
            Assert.Equal(204, (await cluster.N1.Api.PostV2($"cluster/pause?node={name}")).Status);
        await Wait.Until("N2 knows it", async () => (await AutomaticCluster.PausedNodes(cluster.N2)).Count == 2, 10);
        await cluster.N2.Postgres.Stop();
        var started = cluster.N2.Postgres.StartAsPrimary();
        await Wait.Until("it is killed", () => started.IsCompleted && cluster.N2.Postgres.Processes.Count == 0 && cluster.N2.Postgres.HasStandbySignal, 20);
        await started.ContinueWith(static _ => { }, TaskScheduler.Default);
        await Task.Delay(AutomaticCluster.D * 1.5, TestContext.Current.CancellationToken); // a record that were not renewed would have run out
        await AutomaticCluster.Holds(cluster.N1);
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
        await cluster.Ledger.Insert(cluster.N1);
    }
}
