namespace PgHa.Cluster.Tests.Harness;

/// <summary>A pair made by hand, once per run: initdb, pg_basebackup -R, both cleanly stopped. Clusters start from copies of it.</summary>
internal static class Template
{
    private static readonly Lazy<Task<(TestNode Primary, TestNode Standby)>> Pair = new(Make);

    /// <summary>Gives the nodes their data directories: the first that of the last primary, the others that of the standby.</summary>
    public static async Task CopyTo(IReadOnlyList<TestNode> nodes)
    {
        var (primary, standby) = await Pair.Value;
        foreach (var node in nodes)
        {
            var from = node == nodes[0] ? primary : standby;
            await AsPostgres.Run("/bin/cp", "-a", from.Postgres.DataDirectory, node.Postgres.DataDirectory);
            NodeFiles.WritePostgresConf(node);
            if (node != nodes[0]) NodeFiles.PointTo(node, nodes[0]);
        }
    }

    /// <summary>A data directory of a cluster of its own.</summary>
    public static async Task Initialize(TestNode node)
    {
        await AsPostgres.Postgres("initdb", "-D", node.Postgres.DataDirectory, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
        NodeFiles.WritePostgresConf(node);
    }

    private static async Task<(TestNode Primary, TestNode Standby)> Make()
    {
        var primary = new TestNode(await TestRun.NewFolder("template"), 1, new());
        var standby = new TestNode(await TestRun.NewFolder("template"), 2, new());
        await Initialize(primary);
        await primary.Postgres.Start();
        await primary.Postgres.Execute(Ledger.Table);
        await AsPostgres.Postgres(
            "pg_basebackup", "-D", standby.Postgres.DataDirectory, "-h", primary.Address, "-p", $"{primary.Postgres.Port}", "-U", "postgres",
            "-R", "-X", "stream", "--checkpoint=fast", "--no-sync");
        NodeFiles.WritePostgresConf(standby);
        await standby.Postgres.Start();
        await Wait.Until("the standby streams", () => standby.Postgres.StreamsFrom(primary.Postgres));
        await standby.Postgres.Stop();
        await primary.Postgres.Stop();
        return (primary, standby);
    }
}
