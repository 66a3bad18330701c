namespace PgHa.Cluster.Tests.Safety;

/// <summary>N1 wrote on past the promotion of N2, which has written so much since that a rewind or a copy takes a moment.</summary>
internal static class PartedPair
{
    private const int Rows = 60_000;

    /// <summary>N1 is stopped, N2 serves. Each node has files of its own, which can be told from the other's.</summary>
    public static async Task<(TestCluster Cluster, string Own)> Make(ClusterTest test)
    {
        var cluster = test.Keep(await TestCluster.AllRunning(2, c => Task.WhenAll(c.Nodes.Select(async n =>
        {
            await n.AddToPostgresConf("wal_log_hints = on");
            await n.GiveOwnFiles();
        }))));
        await cluster.Part(() => cluster.N2.Postgres.Execute($"CREATE TABLE bulk AS SELECT repeat(md5(i::text), 60) AS t FROM generate_series(1, {Rows}) i"));
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.WaitForStates("inactive", "single");
        return (cluster, cluster.N1.OwnFiles());
    }

    /// <summary>N2 is promoted by hand and serves; N1, stopped, wrote a row on past that.</summary>
    public static async Task Part(this TestCluster cluster, Func<Task> onNewPrimary)
    {
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N1.Postgres.Stop();
        await cluster.N2.Postgres.Promote();
        await onNewPrimary();
        await cluster.N2.Postgres.Stop();
        await cluster.N1.Postgres.Start();
        await cluster.N1.Postgres.Execute("INSERT INTO ledger VALUES (100000, 'lost')");
        await cluster.N1.Postgres.Stop();
        await cluster.N2.Postgres.Start();
    }

    /// <summary>N1 follows N2 with its own files; what only it had was salvaged, once, and nothing is left aside.</summary>
    public static async Task IsItselfAgain(this TestCluster cluster, string own)
    {
        Assert.Equal(own, cluster.N1.OwnFiles());
        Assert.Equal(cluster.N1.Name, await cluster.N1.Postgres.PresentedName());
        Assert.Equal(["data"], Directory.GetDirectories(cluster.N1.Folder, "data*").Select(Path.GetFileName));
        await cluster.Ledger.Insert(await cluster.Writable());
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
        Assert.Equal(Rows, await cluster.N1.Postgres.Ask<long>("SELECT count(*) FROM bulk"));
        Assert.Single(Directory.GetDirectories(Path.Combine(cluster.N1.In("state"), "salvage")));
        Assert.Empty(Directory.GetFileSystemEntries(cluster.N1.In("state"), "rewind*"));
    }
}
