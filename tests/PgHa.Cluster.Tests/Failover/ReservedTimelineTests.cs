namespace PgHa.Cluster.Tests.Failover;

/// <summary>No two nodes make the same timeline, even where one was lost before another had seen its promotion.</summary>
public sealed class ReservedTimelineTests : ClusterTest
{
    [Theory, Trait("Category", "Long")]
    [InlineData(false), InlineData(true)]
    public async Task A_node_that_never_saw_the_last_promotion_makes_a_higher_timeline_and_the_lost_ones_come_back_by_rewind(bool archives)
    {
        await using var automatic = await AutomaticCluster.Running(Keep, prepare: node => Prepare(node, archives));
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1, 20);
        await cluster.Ledger.AssertOnEveryRunningNode();

        await cluster.N3.Agent.Kill(); // its server runs on, and follows nobody else
        await AutomaticCluster.Lose(cluster.N1);
        await Seen.Serves(cluster.N2);
        Assert.Equal(2, await cluster.N2.Postgres.Timeline());
        await cluster.N2.Postgres.Execute("CREATE TABLE unseen (id int)");
        await AutomaticCluster.Lose(cluster.N2);
        Assert.False(File.Exists(History(cluster.N3, 2)), "N3 has seen the promotion of N2: the test shows nothing");

        await cluster.N3.StartAgent();
        await Seen.Serves(cluster.N3);
        Assert.Equal(3, await cluster.N3.Postgres.Timeline());
        Assert.StartsWith("# pgha: timeline 2 is reserved", await File.ReadAllTextAsync(History(cluster.N3, 2), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.StartsWith("1\t", await File.ReadAllTextAsync(History(cluster.N3, 3), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await cluster.Ledger.Insert(cluster.N3);
        if (archives)
            await Wait.Until("both histories are in the archive", () => File.Exists(Path.Combine(Archive(cluster.N3), "00000002.history")) && File.Exists(Path.Combine(Archive(cluster.N3), "00000003.history")), 20);

        await cluster.N2.StartAgent();
        await Wait.Until("N2 follows N3", () => Seen.Follows(cluster.N2, cluster.N3), 40);
        await cluster.N1.StartAgent();
        await Wait.Until("N1 follows N3", () => Seen.Follows(cluster.N1, cluster.N3), 40);
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal(0, await cluster.N2.Postgres.Ask<long>("SELECT count(*) FROM pg_class WHERE relname = 'unseen'"));

        if (archives)
            return; // a switchover by promotion is refused where the archive is slow, as it may be on a busy machine

        // Standbys that are started anew find all histories in turn, and the next promotion goes on from there.
        await cluster.Play("POST N3 instance/switchover/masterSlave?by=promote&to=pg-node01 → master, slave, slave");
        Assert.Equal(4, await cluster.N1.Postgres.Timeline());
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>Each node archives to a place of its own, where the others do not look.</summary>
    private static async Task Prepare(TestNode node, bool archives)
    {
        await node.AddToPostgresConf("wal_log_hints = on");
        if (!archives)
            return;
        await AsPostgres.Run("/bin/mkdir", Archive(node));
        await node.AddToPostgresConf($"archive_mode = on\narchive_command = 'test ! -f {Archive(node)}/%f && cp %p {Archive(node)}/%f'\nrestore_command = 'cp {Archive(node)}/%f \"%p\"'");
    }

    private static string Archive(TestNode node) => node.In("archive");

    private static string History(TestNode node, int timeline) => Path.Combine(node.Postgres.DataDirectory, "pg_wal", $"{timeline:X8}.history");
}
