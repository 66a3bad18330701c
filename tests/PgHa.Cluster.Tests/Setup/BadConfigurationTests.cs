namespace PgHa.Cluster.Tests.Setup;

/// <summary>An agent with a wrong configuration ends at once and says what is wrong.</summary>
public sealed class BadConfigurationTests : ClusterTest
{
    [Theory]
    [InlineData("data_dir:", "data_dri:", "data_dir")]
    [InlineData("state_dir:", "state_directory:", "state_dir")]
    [InlineData("node: pg-node01", "node: pg-node07", "pg-node07")]
    [InlineData("listen: http://127.0.0.1:", "listen: http://0.0.0.0:", "security.token_file")]
    [InlineData("listen: http://", "listen: nowhere://", "listen")]
    [InlineData("cluster: test", "cluster: [", "pgha.yml")]
    public async Task A_wrong_line_is_named(string right, string wrong, string named)
    {
        var node = await WithConfig(text => text.Replace(right, wrong, StringComparison.Ordinal));
        await EndsNaming(node, named);
    }

    [Fact]
    public async Task A_missing_token_file_is_named()
    {
        var node = await WithConfig(text => text + "security:\n  token_file: /nonexistent/token\n");
        await EndsNaming(node, "/nonexistent/token");
    }

    [Fact]
    public async Task A_missing_configuration_file_is_named()
    {
        var node = await WithConfig(text => text);
        File.Delete(node.Agent.ConfigFile);
        await EndsNaming(node, node.Agent.ConfigFile);
    }

    private async Task<TestNode> WithConfig(Func<string, string> edit)
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        var file = cluster.N1.Agent.ConfigFile;
        await File.WriteAllTextAsync(file, edit(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)), TestContext.Current.CancellationToken);
        return cluster.N1;
    }

    private static async Task EndsNaming(TestNode node, string named)
    {
        node.Agent.Start();
        Assert.NotEqual(0, await node.Agent.WaitForExit());
        Assert.Contains(named, await File.ReadAllTextAsync(node.Agent.LogFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
