namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// Two nodes wrote on one timeline, each alone, until the WAL in which they parted was recycled on one of them. What that one wrote first is only in
/// its tables: no salvage holds it.
/// </summary>
public sealed class UnseenForkTests : ClusterTest
{
    [Fact]
    public async Task What_no_salvage_would_hold_is_not_given_up_unasked()
    {
        var cluster = await Parted();
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N1 instance/slave                → refused 409, code 13
            POST N1 instance/slave?rejoin=rewind  → refused 409, code 13
            POST N1 instance/slave?rejoin=reclone → refused 409, code 13
            """));
        var refusal = await cluster.N1.Api.Post("instance/slave?rejoin=reclone");
        Assert.Contains("rows that only pg-node01 holds could not all be salvaged", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("POST instance/slave?rejoin=reclone&force=true on pg-node01", refusal.Hint, StringComparison.Ordinal);
        var plan = await cluster.N1.Api.Post("instance/slave?rejoin=reclone&force=true&dryRun=true");
        Assert.Contains("could not all be salvaged", plan.Field("overrides")!.Value.ToString(), StringComparison.Ordinal);
        await cluster.Play("POST N1 instance/slave?rejoin=reclone&force=true → slave, master");
        await FollowsAgain(cluster);
        Assert.Single(Directory.GetDirectories(Path.Combine(cluster.N1.In("state"), "salvage")));
    }

    /// <summary>The other way that the hint names keeps everything.</summary>
    [Fact]
    public async Task Its_directory_moved_aside_a_copy_takes_its_place()
    {
        var cluster = await Parted();
        var aside = cluster.N1.Postgres.DataDirectory + "-aside";
        await AsPostgres.Run("/bin/mv", cluster.N1.Postgres.DataDirectory, aside);
        await cluster.Play("POST N1 data/clone → slave, master");
        await FollowsAgain(cluster);
        Assert.True(File.Exists(Path.Combine(aside, "PG_VERSION")));
    }

    private static async Task FollowsAgain(TestCluster cluster)
    {
        await cluster.Ledger.Insert(cluster.N2);
        Assert.Equal(0, await cluster.N1.Postgres.Ask<long>("SELECT count(*) FROM ledger WHERE id = 100000"));
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>N1 is stopped and holds no WAL from before the fork; N2 serves.</summary>
    private async Task<TestCluster> Parted()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, c => Task.WhenAll(c.Nodes.Select(n => n.AddToPostgresConf("wal_keep_size = 0\nmin_wal_size = 32MB")))));
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play("""
            DELETE N1 instance/current          → inactive, recovery
            POST   N2 instance/failover/restart → inactive, single
            insert
            """);
        var fork = cluster.N2.Segments()[^1];
        await cluster.N2.Postgres.Execute(Filling);
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.N2.Postgres.Stop();
        await cluster.N1.Postgres.StartAsPrimary();
        await cluster.N1.Postgres.Execute("INSERT INTO ledger VALUES (100000, 'lost')");
        await Wait.Until("the WAL of the fork is recycled", async () =>
        {
            await cluster.N1.Postgres.Execute(Filling);
            await cluster.N1.Postgres.Execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active");
            await cluster.N1.Postgres.Execute("CHECKPOINT");
            return !cluster.N1.HasWal(fork);
        }, 60);
        await cluster.N1.Postgres.Stop();
        await cluster.N2.Postgres.Start();
        for (var more = 0; more < 6; more++) await cluster.N2.Postgres.Execute(Filling);
        await cluster.WaitForStates("inactive", "single");
        return cluster;
    }

    private const string Filling = "SELECT pg_logical_emit_message(false, 'filling', repeat('x', 1000)) FROM generate_series(1, 100); SELECT pg_switch_wal()";
}
