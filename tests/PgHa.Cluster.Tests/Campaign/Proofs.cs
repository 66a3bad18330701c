namespace PgHa.Cluster.Tests.Campaign;

/// <summary>What must hold of the nodes when a campaign is over.</summary>
internal static class Proofs
{
    private const string Sound = """
        SELECT count(bt_index_check(i.indexrelid, true)) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
        WHERE a.amname = 'btree' AND c.relpersistence = 'p' AND i.indisvalid
        """;

    private const string Corrupt = """
        SELECT coalesce(string_agg(c.relname || ' block ' || v.blkno || ': ' || v.msg, '; '), '') FROM pg_class c, LATERAL verify_heapam(c.oid) v
        WHERE c.relkind = 'r' AND c.relpersistence = 'p'
        """;

    /// <summary>Every acknowledged row is there, and all nodes hold the same.</summary>
    public static async Task SameData(Run run)
    {
        await run.Cluster.Ledger.AssertOnEveryRunningNode();
        await run.Cluster.AssertSameTables();
        var kept = await (await run.Primary())!.Postgres.Ask<long>("SELECT count(*) FROM loose");
        run.Chronicle.Note($"{run.Cluster.Ledger.Count} rows acknowledged; of {run.Loose.Committed} loose ones {kept} are there");
    }

    /// <summary>amcheck finds nothing on any node.</summary>
    public static async Task SoundTables(Run run)
    {
        foreach (var node in run.Cluster.Nodes)
        {
            Assert.True(await node.Postgres.Ask<long>(Sound) > 50);
            Assert.Equal("", await node.Postgres.Ask<string>(Corrupt));
        }
    }

    /// <summary>After a clean stop every page has its checksum, and nothing is left over.</summary>
    public static async Task SoundFiles(Run run)
    {
        var answer = await Caller.Send(run, run.Node(1), "DELETE instance/all");
        Assert.True(answer is { Status: 200 } && run.Cluster.Nodes.All(node => answer.State(node) == "inactive"), $"{answer}");
        foreach (var node in run.Cluster.Nodes)
        {
            await AsPostgres.Postgres("pg_checksums", "--check", "-D", node.Postgres.DataDirectory);
            Assert.Empty(LeftOver(node));
        }
    }

    /// <summary>A file of a fixed name that a killed agent had begun to write is replaced by the next one.</summary>
    private static IEnumerable<string> LeftOver(TestNode node) => AllLeftOver(node).Where(path =>
        path != node.In("data/postgresql.auto.conf.pgha-new") && !(Path.GetDirectoryName(path) == node.In("state") && path.EndsWith(".pgha-new", StringComparison.Ordinal)));

    private static IEnumerable<string> AllLeftOver(TestNode node) =>
        Directory.EnumerateFileSystemEntries(node.Folder, "*.pgha-*", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFileSystemEntries(node.Folder, ".pgha-*", SearchOption.AllDirectories))
            .Concat(Directory.Exists(node.In("state/quarantine")) ? Directory.EnumerateFileSystemEntries(node.In("state/quarantine")) : []);
}
