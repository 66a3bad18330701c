namespace PgHa.Cluster.Tests.ThreeNodes;

/// <summary>A standby that was away while timelines changed several times within one WAL segment: a WAL sender cannot serve that segment (fact 46).</summary>
[Trait("Category", "Long")]
public sealed class MissedPromotionsTests : ClusterTest
{
    private const string Archiving = "archive_mode = on\narchive_command = 'true'";
    private const string Back = "instance/switchover/masterSlave?by=promote";

    [Theory]
    [InlineData(""), InlineData(Archiving)]
    public async Task It_follows_again(string settings)
    {
        var cluster = await Away(settings);
        await ThereAndBack(cluster);
        await cluster.Play("POST N3 instance/slave → master, slave, slave");
        await FollowsAgain(cluster);
    }

    [Theory]
    [InlineData("rewind"), InlineData("reclone")]
    public async Task It_follows_again_where_more_than_that_is_allowed_and_nothing_is_replaced(string form)
    {
        var cluster = await Away(Archiving);
        await ThereAndBack(cluster);
        await AsPostgres.Run("/usr/bin/touch", cluster.N3.Postgres.InData("same"));
        await cluster.Play($"POST N3 instance/slave?rejoin={form} → master, slave, slave");
        Assert.True(File.Exists(cluster.N3.Postgres.InData("same")));
        await FollowsAgain(cluster);
    }

    [Fact]
    public async Task Three_promotions_within_a_segment_are_crossed_by_a_call_of_all()
    {
        var cluster = await Away(Archiving);
        await ThereAndBack(cluster);
        await cluster.Play($"""
            insert
            POST N1 {Back} → slave, master, inactive
            insert
            POST N1 instance/all → slave, master, slave
            """);
        await FollowsAgain(cluster);
    }

    /// <summary>It was started by hand and asks for the segment every five seconds.</summary>
    [Theory]
    [InlineData("POST N3 instance/slave"), InlineData("POST N1 instance/all")]
    public async Task One_that_runs_is_stopped_gets_the_WAL_and_is_started(string call)
    {
        var cluster = await Away(Archiving);
        await ThereAndBack(cluster);
        await cluster.N3.Postgres.Start();
        await cluster.WaitForStates("master", "slave", "recovery");
        await cluster.Play($"{call} → master, slave, slave");
        await FollowsAgain(cluster);
    }

    /// <summary>What a switchover cannot bring to a third node is said in its plan, and nobody waits for it.</summary>
    [Fact]
    public async Task A_switchover_does_not_fail_for_a_third_node_that_needs_it()
    {
        var cluster = await Away(Archiving);
        await ThereAndBack(cluster);
        await cluster.N3.Postgres.Start();
        await cluster.WaitForStates("master", "slave", "recovery");
        var answer = await cluster.N1.Api.Post(Back + "&to=pg-node02");
        await cluster.AssertStates(answer, "slave", "master", "recovery");
        Assert.Contains("POST instance/slave on pg-node03 brings it", (await cluster.N1.Api.Get(answer.Location!.ToString())).Body, StringComparison.Ordinal);
        await cluster.Play("POST N3 instance/slave → slave, master, slave");
        await FollowsAgain(cluster);
    }

    [Fact]
    public async Task One_that_missed_a_single_promotion_only_streams()
    {
        var cluster = await Away(Archiving);
        await cluster.Play($"POST N1 {Back} → slave, master, inactive");
        Assert.DoesNotContain("bring pg-node03", (await cluster.N3.Api.Post("instance/slave?dryRun=true")).Body, StringComparison.Ordinal);
        await cluster.Play("POST N3 instance/slave → slave, master, slave");
        await FollowsAgain(cluster);
    }

    /// <summary>Promoted by hand, each within one segment of 1 MB; more WAL on either side than one segment.</summary>
    [Fact]
    public async Task Small_segments_and_promotions_by_hand()
    {
        var cluster = Keep(await TestCluster.FilesOnly(2));
        await SmallSegments(cluster);
        await cluster.StartServers();
        await cluster.StartAgents();
        await Fill(cluster.N1, 3);
        await cluster.N2.Postgres.Stop();
        await Fill(cluster.N1, 3);
        for (var i = 0; i < 3; i++)
        {
            await cluster.N1.Postgres.Stop();
            await AsPostgres.Run("/usr/bin/touch", cluster.N1.Postgres.InData("standby.signal"));
            await cluster.N1.Postgres.Start();
            await cluster.N1.Postgres.Promote();
            await cluster.N1.Postgres.Execute("INSERT INTO ledger VALUES (" + (100 + i) + ", 'by hand')");
        }
        await Fill(cluster.N1, 3);
        await cluster.WaitForStates("single", "inactive");
        await cluster.Play("POST N2 instance/slave → master, slave");
        await FollowsAgain(cluster);
    }

    /// <summary>The primary has recycled what the standby needs next; another standby still holds it.</summary>
    [Fact]
    public async Task What_only_another_standby_holds_comes_from_there()
    {
        var cluster = await Away("");
        await cluster.N1.Postgres.Execute("ALTER SYSTEM SET wal_keep_size = 0");
        await cluster.N1.Postgres.Execute("SELECT pg_reload_conf()");
        var first = cluster.N1.Segments()[^1];
        for (var i = 0; i < 3; i++) await cluster.N1.Postgres.Execute("SELECT pg_logical_emit_message(true, 'more', ''), pg_switch_wal()");
        await Wait.Until("the primary holds it no more", async () =>
        {
            await cluster.N1.Postgres.Execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'pgha_pg_node03'");
            await cluster.N1.Postgres.Execute("SELECT pg_logical_emit_message(true, 'more', '')");
            await cluster.N1.Postgres.Execute("CHECKPOINT");
            return !cluster.N1.HasWal(cluster.N3.Segments()[^1]);
        }, 60);
        Assert.True(cluster.N2.HasWal(cluster.N3.Segments()[^1]), first);
        await cluster.Play("POST N3 instance/slave → master, slave, slave");
        await FollowsAgain(cluster);
    }

    /// <summary>Its WAL is a beginning of the primary's, but its server does not start: a copy was asked for, and is made.</summary>
    [Fact]
    public async Task One_that_does_not_come_to_stream_is_replaced_where_a_copy_was_asked_for()
    {
        var cluster = await Away("");
        Directory.Delete(cluster.N3.Postgres.InData("pg_twophase"));
        await cluster.Ledger.Insert(cluster.N1);
        Assert.Equal(500, (await cluster.N3.Api.Post("instance/slave")).Status);
        await cluster.Play("POST N3 instance/slave?rejoin=reclone → master, slave, slave");
        Assert.False(Directory.Exists(cluster.N3.Postgres.DataDirectory + ".pgha-old"));
        await FollowsAgain(cluster);
    }

    private async Task<TestCluster> Away(string settings)
    {
        var cluster = Keep(await TestCluster.AllRunning(3, c => Task.WhenAll(c.Nodes.Select(n => n.AddToPostgresConf(settings)))));
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("master", "slave", "slave");
        await cluster.Play("DELETE N3 instance/current → master, slave, inactive");
        await cluster.Ledger.Insert(cluster.N1);
        return cluster;
    }

    private static Task ThereAndBack(TestCluster cluster) => cluster.Play($"""
        POST N1 {Back} → slave, master, inactive
        insert
        POST N1 {Back} → master, slave, inactive
        insert
        """);

    private static async Task FollowsAgain(TestCluster cluster)
    {
        await cluster.Ledger.Insert(await cluster.Writable());
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static async Task Fill(TestNode node, int segments)
    {
        await node.Postgres.Execute("CREATE TABLE IF NOT EXISTS filler (text text)");
        await node.Postgres.Execute($"INSERT INTO filler SELECT repeat(md5(i::text), 30) FROM generate_series(1, {segments * 1000}) i");
    }

    private static async Task SmallSegments(TestCluster cluster)
    {
        foreach (var node in cluster.Nodes) Directory.Delete(node.Postgres.DataDirectory, recursive: true);
        await AsPostgres.Postgres("initdb", "-D", cluster.N1.Postgres.DataDirectory, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1");
        NodeFiles.WritePostgresConf(cluster.N1);
        await cluster.N1.AddToPostgresConf(Archiving);
        await cluster.N1.Postgres.Start();
        await cluster.N1.Postgres.Execute(Ledger.Table);
        await AsPostgres.Postgres("pg_basebackup", "-D", cluster.N2.Postgres.DataDirectory, "-h", cluster.N1.Address, "-p", $"{cluster.N1.Postgres.Port}", "-U", "postgres",
            "-R", "-X", "stream", "--checkpoint=fast", "--no-sync");
        NodeFiles.WritePostgresConf(cluster.N2);
        await cluster.N1.Postgres.Stop();
    }
}
