namespace PgHa.Cluster.Tests.Setup;

/// <summary>A data directory may be named in any way that its server would accept.</summary>
public sealed class PathsTests : ClusterTest
{
    [Fact]
    public async Task Spaces_and_other_signs_in_paths_do_no_harm()
    {
        var cluster = Keep(await TestCluster.FilesOnly(folder: "a b; (c) & d"));
        await cluster.StartAgents();
        await WalkThrough(cluster);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/data")]
    [InlineData("/data/")]
    public async Task A_data_directory_is_recognized_through_a_symbolic_link(string below)
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        foreach (var node in cluster.Nodes)
        {
            var target = below.Length == 0 ? node.Postgres.DataDirectory : node.Folder;
            File.CreateSymbolicLink(node.In("link"), target);
            await node.ChangeAgentConfig($"data_dir: {node.Postgres.DataDirectory}", $"data_dir: {node.In("link")}{below}");
        }
        await cluster.StartServers();
        await cluster.StartAgents();
        await cluster.Play("""
            GET    N1 instance/all  → master, slave
            POST   N2 instance/master → refused 409, code 5
            DELETE N1 instance/all  → inactive, inactive
            """);
        await WalkThrough(cluster);
    }

    private static async Task WalkThrough(TestCluster cluster)
    {
        await cluster.Play("""
            POST   N1 instance/all                     → master, slave
            insert
            POST   N1 instance/switchover/masterSlave  → slave, master
            insert
            DELETE N2 instance/master                  → recovery, inactive
            POST   N1 instance/failover/promote        → single, inactive
            POST   N2 instance/slave                   → master, slave
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
