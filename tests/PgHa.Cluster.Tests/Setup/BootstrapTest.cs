namespace PgHa.Cluster.Tests.Setup;

/// <summary>Machines on which nothing lies yet.</summary>
public abstract class BootstrapTest : ClusterTest
{
    /// <summary>All agents run; no node has data: the first an empty directory, the others none at all.</summary>
    internal async Task<TestCluster> Empty(int size = 2, Func<TestNode, Task>? prepare = null)
    {
        var cluster = Keep(await TestCluster.FilesOnly(size));
        foreach (var node in cluster.Nodes)
        {
            Directory.Delete(node.Postgres.DataDirectory, recursive: true);
            if (prepare is not null) await prepare(node);
        }
        await AsPostgres.Run("/bin/mkdir", cluster.N1.Postgres.DataDirectory);
        await cluster.StartAgents();
        await cluster.WaitForStates([.. cluster.Nodes.Select(_ => "inactive")]);
        return cluster;
    }

    /// <summary>N1 was made by hand and serves; N2 has no data.</summary>
    internal async Task<TestCluster> HandMadePrimary(Func<TestCluster, Task>? prepare = null)
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        Directory.Delete(cluster.N2.Postgres.DataDirectory, recursive: true);
        if (prepare is not null) await prepare(cluster);
        await cluster.N1.Postgres.Start();
        await cluster.StartAgents();
        await cluster.WaitForStates("single", "inactive");
        return cluster;
    }

    /// <summary>A table of about so many megabytes that compress to nothing less.</summary>
    internal static string Bulk(int megabytes) =>
        $"CREATE TABLE bulk AS SELECT repeat(md5(i::text), 60) AS t FROM generate_series(1, {megabytes * 520}) i; ALTER TABLE bulk ALTER t SET STORAGE EXTERNAL";

    /// <summary>Names and contents of everything beside the agent's own files are the same afterwards.</summary>
    internal static async Task Untouched(TestNode node, Func<Task> calls)
    {
        var before = Files(node);
        await calls();
        Assert.Equal(before, Files(node));
    }

    internal static string[] Files(TestNode node) =>
        FolderContent.Of(node.Folder, f => f.FullName.StartsWith(node.In("state"), StringComparison.Ordinal) || f.Name == "agent.log");
}
