namespace PgHa.Cluster.Tests.CommandLine;

/// <summary>Tokens: where they are read from, and what is said where one is missing or wrong.</summary>
public sealed class AccessCommandTests : ClusterTest
{
    private const string Token = "a-token-of-the-tests-0123";

    [Fact]
    public async Task A_token_is_read_from_the_environment_a_file_the_client_file_or_the_agents_configuration()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        var secret = await Secret(cluster, "token", Token);
        foreach (var node in cluster.Nodes)
        {
            await node.AddToAgentConfig($"security:\n  token_file: {secret}");
            node.Api.Token = Token;
        }
        await cluster.StartServers();
        await cluster.StartAgents();
        var url = cluster.N1.AgentUrl.GetLeftPart(UriPartial.Authority);
        var client = Path.Combine(cluster.N1.Folder, "client.yml");
        await File.WriteAllTextAsync(client, $"url: {url}\ntoken_file: {secret}\n", TestContext.Current.CancellationToken);
        foreach (var (environment, words) in ((Dictionary<string, string>, string[])[])
            [([], ["--config", cluster.N1.Agent.ConfigFile]), ([], ["--url", url, "--token-file", secret]), ([], ["--client", client]), (new() { ["PGHA_TOKEN"] = Token, ["PGHA_URL"] = url }, [])])
            Assert.StartsWith("pg-node01 is primary, 1 of 1 standbys streams", (await Cli.Run(environment, ["status", .. words])).Output, StringComparison.Ordinal);

        var wrong = await Secret(cluster, "wrong", "another-token-of-the-tests");
        foreach (var (environment, words, from) in ((Dictionary<string, string>, string[], string)[])
        [
            ([], ["--url", url], "none was given: set PGHA_TOKEN, --token-file, or token_file in /nonexistent/.config/pgha/client.yml"),
            ([], ["--url", url, "--token-file", wrong], $"it was read from {wrong}"),
            (new() { ["PGHA_TOKEN"] = "wrong" }, ["--url", url], "it was read from PGHA_TOKEN"),
            (new() { ["PGHA_TOKEN"] = "wrong" }, ["--config", cluster.N1.Agent.ConfigFile], "it was read from PGHA_TOKEN"),
        ])
        {
            var refused = await Cli.Run(environment, ["status", .. words]);
            Assert.Equal((1, ""), (refused.Code, refused.Output));
            Assert.Contains("asks for a token, and does not accept what it was given (code 14)\n", refused.Error, StringComparison.Ordinal);
            Assert.EndsWith($"  hint: {from}\n", refused.Error, StringComparison.Ordinal);
        }
        Assert.Contains("contains spaces, line breaks", (await Cli.Run(new Dictionary<string, string> { ["PGHA_TOKEN"] = "two words" }, "status", "--url", url)).Error, StringComparison.Ordinal);
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var open = await Cli.Run("status", "--url", url, "--token-file", secret);
        Assert.True(open.Code == 1 && open.Error.Contains(secret, StringComparison.Ordinal), open.ToString());
    }

    private static async Task<string> Secret(TestCluster cluster, string name, string token)
    {
        var path = Path.Combine(Path.GetDirectoryName(cluster.N1.Folder)!, name);
        await AsPostgres.Run("/bin/sh", "-c", "umask 077; printf %s \"$1\" >\"$0\"", path, token);
        return path;
    }
}
