namespace PgHa.Cluster.Tests.Safety;

/// <summary>The WAL that a standby lacks is recycled on every node, and in the archive that its restore_command asks.</summary>
public sealed class WalInTheArchiveTests : ClusterTest
{
    [Fact]
    public async Task A_standby_follows_again_from_the_archive_and_counts_after_that()
    {
        var cluster = await Left(2);
        var plan = (await cluster.N2.Api.Post("instance/slave?dryRun=true")).Body;
        Assert.Contains("byte for byte", plan, StringComparison.Ordinal);
        await cluster.Play("""
            GET  N1 instance/all                    → single, inactive
            POST N2 instance/slave                  → master, slave
            insert
            POST N1 instance/switchover/masterSlave → slave, master
            insert
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>PostgreSQL would replay the archive's WAL over it, and stream on as if nothing were wrong.</summary>
    [Fact]
    public async Task One_that_has_gone_its_own_way_is_refused_before_anything_is_started()
    {
        var cluster = await Left(2, cluster => cluster.N2.Postgres.WriteAlone());
        await Refused(cluster, "POST instance/slave?rejoin=reclone on pg-node02", "differ in");
        await cluster.Play("POST N2 instance/slave?rejoin=reclone → master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact, Trait("Category", "Long")]
    public async Task An_archive_that_lacks_something_is_named_and_nothing_is_placed()
    {
        var cluster = await Left(2);
        var wanted = Directory.EnumerateFiles(Archive(cluster)).Where(file => string.CompareOrdinal(Path.GetFileName(file), cluster.N2.Segments()[^1]) > 0).Order().First();
        File.Move(wanted, wanted + ".away");
        var answer = await cluster.N2.Api.Post("instance/slave");
        answer.AssertRefused(409, 13);
        Assert.Contains($"does not give {Path.GetFileName(wanted)}", answer.Message, StringComparison.Ordinal);
        await cluster.Play("GET N1 instance/all → single, inactive");
        Assert.False(cluster.N2.HasWal(Path.GetFileName(wanted)));
        Assert.DoesNotContain(Directory.EnumerateFiles(cluster.N2.Postgres.InData("pg_wal")), file => Path.GetFileName(file).Contains("pgha", StringComparison.Ordinal));

        // Of the right cluster and name, and not what was written: the chain of records breaks.
        var bytes = File.ReadAllBytes(wanted + ".away");
        bytes[60] ^= 0xFF; // in its first record
        File.WriteAllBytes(wanted, bytes);
        (await cluster.N2.Api.Post("instance/slave")).AssertRefused(409, 13);
        await cluster.Play("GET N1 instance/all → single, inactive");

        File.Move(wanted + ".away", wanted, overwrite: true);
        await cluster.Play("POST N2 instance/slave → master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("false", 13, "does not give"), InlineData("/nowhere/bring %f %p", 7, "ended with code 127"), InlineData("sleep 1000", 7, "takes longer than")]
    public async Task A_restore_command_that_does_not_work_is_named_and_the_node_is_left_as_it_was(string command, int code, string why)
    {
        var cluster = await Left(2);
        await cluster.N2.AddToPostgresConf($"restore_command = '{command}'");
        await Refused(cluster, "pg-node02", why, code);
        await cluster.N2.AddToPostgresConf(Restore(cluster));
        await cluster.Play("POST N1 instance/all → master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact, Trait("Category", "Long")]
    public async Task Without_a_restore_command_it_is_named_as_a_way_out_which_works()
    {
        var cluster = await Left(2);
        await cluster.N2.AddToPostgresConf("restore_command = ''");
        await Refused(cluster, "set restore_command on pg-node02", "restore_command is not set");
        await cluster.N2.AddToPostgresConf(Restore(cluster));
        await cluster.Play("POST N2 instance/current → master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>The roles are exchanged while the third node is away, and the timeline has changed when it comes back.</summary>
    [Theory, Trait("Category", "Long")]
    [InlineData("POST N1 instance/switchover/masterSlave?to=pg-node02"), InlineData("POST N1 instance/switchover/masterSlave?by=promote&to=pg-node02")]
    public async Task A_third_node_follows_the_successor_from_the_archive(string change)
    {
        var cluster = await Left(3);
        await cluster.Play($"""
            {change} → slave, master, inactive
            insert
            """);
        await Recycle(cluster, cluster.N2, cluster.N1);
        await cluster.Play("""
            POST N3 instance/slave → slave, master, slave
            insert
            POST N2 instance/switchover/masterSlave?by=promote&to=pg-node03 → slave, slave, master
            insert
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact, Trait("Category", "Long")]
    public async Task After_a_failover_too()
    {
        var cluster = await Left(3);
        await cluster.Play("""
            DELETE N1 instance/master           → inactive, recovery, inactive
            POST   N2 instance/failover/promote → inactive, single, inactive
            insert
            POST   N1 instance/slave            → slave, master, inactive
            """);
        await Recycle(cluster, cluster.N2, cluster.N1);
        await cluster.Play("POST N3 instance/slave → slave, master, slave");
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static string Archive(TestCluster cluster) => Path.Combine(Path.GetDirectoryName(cluster.N1.Folder)!, "archive");

    private static string Restore(TestCluster cluster) => $"restore_command = 'cp {Archive(cluster)}/%f \"%p\"'";

    /// <summary>The last node was stopped, and no node holds the WAL that it needs next.</summary>
    private async Task<TestCluster> Left(int size, Func<TestCluster, Task>? alone = null)
    {
        var cluster = Keep(await TestCluster.AllRunning(size, async c =>
        {
            await AsPostgres.Run("/bin/mkdir", "-p", Archive(c));
            foreach (var node in c.Nodes) await node.AddToPostgresConf($"archive_mode = on\narchive_command = 'cp %p {Archive(c)}/%f'\nwal_keep_size = 0\n{Restore(c)}");
        }));
        await cluster.Ledger.Insert(cluster.N1);
        var last = cluster.Nodes[^1];
        Assert.Equal(200, (await last.Api.Delete("instance/current")).Status);
        if (alone != null) await alone(cluster);
        await cluster.Ledger.Insert(cluster.N1);
        for (var i = 0; i < 3; i++) await cluster.N1.Postgres.Execute("SELECT pg_logical_emit_message(true, 'filling', 'x'), pg_switch_wal()");
        await Recycle(cluster, [.. cluster.Nodes.SkipLast(1)]);
        return cluster;
    }

    /// <summary>
    /// None of these has the segment in which the last node's WAL ends any more; the first is primary.
    /// The others keep their slots there: one whose walreceiver begins anew at that moment must not lose its WAL, too.
    /// </summary>
    private static Task Recycle(TestCluster cluster, params TestNode[] nodes) => Wait.Until("what the node needs is recycled", async () =>
    {
        var slot = $"pgha_{cluster.Nodes[^1].Name.Replace('-', '_')}";
        await nodes[0].Postgres.Execute("SELECT pg_logical_emit_message(true, 'filling', 'x'), pg_switch_wal()");
        foreach (var node in nodes)
        {
            await node.Postgres.Execute($"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active AND (slot_name = '{slot}' OR pg_is_in_recovery())");
            await node.Postgres.Execute("CHECKPOINT");
        }
        return nodes.All(node => !node.HasWal(cluster.Nodes[^1].Segments()[^1]));
    }, 90);

    private static async Task Refused(TestCluster cluster, string hint, string why, int code = 13)
    {
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var call in (string[])["instance/slave", "instance/slave?dryRun=true"])
            {
                var answer = await cluster.N2.Api.Post(call);
                answer.AssertRefused(409, code);
                Assert.Contains(why, answer.Message, StringComparison.Ordinal);
                Assert.Contains(hint, answer.Hint, StringComparison.Ordinal);
            }
        });
        await cluster.Play("GET N1 instance/all → single, inactive");
    }
}
