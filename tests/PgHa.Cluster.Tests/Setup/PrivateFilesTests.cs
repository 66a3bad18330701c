namespace PgHa.Cluster.Tests.Setup;

/// <summary>Salvaged WAL holds rows of the database, the journal names what operators did: nobody but the agent's user reads them.</summary>
public sealed class PrivateFilesTests : ClusterTest
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    [Fact]
    public async Task What_was_left_open_to_others_is_closed_at_the_start_and_said()
    {
        var cluster = Keep(await TestCluster.AllRunning());
        await cluster.Play("DELETE N2 instance/all → inactive, inactive");
        var node = cluster.N2;
        await node.Agent.Stop();
        await AsPostgres.Run("/bin/sh", "-c", "mkdir -p \"$0/salvage/old\" && echo row >\"$0/salvage/old/wal\" && chmod -R a+rX \"$0/salvage\" \"$0/operations\"", node.In("state"));
        await node.StartAgent();
        AssertPrivate(node);
        Assert.Contains("cannot any more", await File.ReadAllTextAsync(node.Agent.LogFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_agent_writes_is_closed_whatever_state_dir_is()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        foreach (var node in cluster.Nodes)
            await AsPostgres.Run("/bin/chmod", "777", node.In("state"));
        await cluster.StartAgents();
        await cluster.Play("POST N1 instance/all → master, slave");
        AssertPrivate(cluster.N1);
    }

    internal static void AssertPrivate(TestNode node)
    {
        string[] folders = [.. new[] { "operations", "salvage" }.Select(name => Path.Combine(node.In("state"), name)).Where(Directory.Exists)];
        string[] all = [.. folders, .. folders.SelectMany(f => Directory.EnumerateFileSystemEntries(f, "*", SearchOption.AllDirectories))];
        Assert.True(all.Length > 1, "nothing was written");
        Assert.All(all, path => Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(path) & Others));
    }
}
