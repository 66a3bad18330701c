using PgHa.Cluster.Tests.Etcd;

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

    [Fact]
    public async Task An_agent_behind_https_is_trusted_by_its_authority_only()
    {
        using var authority = new Certificates();
        using var stranger = new Certificates();
        var cluster = Keep(await TestCluster.FilesOnly());
        foreach (var node in cluster.Nodes)
        {
            await authority.Certify(node.Folder, node.Address);
            foreach (var each in cluster.Nodes)
                await node.ChangeAgentConfig(each.AgentUrl.GetLeftPart(UriPartial.Authority), each.AgentUrl.GetLeftPart(UriPartial.Authority).Replace("http:", "https:", StringComparison.Ordinal));
            await node.AddToAgentConfig($"security:\n  tls: {{ certificate_file: {node.In("crt")}, key_file: {node.In("key")}, ca_file: {node.In("ca")} }}");
        }
        await cluster.StartServers();
        foreach (var node in cluster.Nodes) node.Agent.Start();
        await Wait.Until("both agents answer", async () => (await Cli.On(cluster.N1, "status")).Output.StartsWith("pg-node01 is primary, 1 of 1 standbys streams", StringComparison.Ordinal), 30);
        var url = cluster.N2.AgentUrl.GetLeftPart(UriPartial.Authority).Replace("http:", "https:", StringComparison.Ordinal);
        Assert.StartsWith("pg-node01 is primary", (await Cli.Run("status", "--url", url, "--ca-file", cluster.N1.In("ca"))).Output, StringComparison.Ordinal);
        Assert.StartsWith("pg-node01 is primary", (await Cli.Run(new Dictionary<string, string> { ["PGHA_URL"] = url, ["PGHA_CA_FILE"] = cluster.N1.In("ca") }, "status")).Output, StringComparison.Ordinal);
        await stranger.Certify(Path.GetDirectoryName(cluster.N1.Folder)!, "127.0.0.1");
        foreach (var words in (string[][])[["--ca-file", Path.Combine(Path.GetDirectoryName(cluster.N1.Folder)!, "ca")], []])
        {
            var refused = await Cli.Run(["status", "--url", url, .. words]);
            Assert.Equal((3, ""), (refused.Code, refused.Output));
            Assert.Contains("certificate", refused.Error, StringComparison.Ordinal);
        }
        Assert.Equal(2, (await Cli.Run("status", "--url", url, "--ca-file", "/nowhere")).Code);
        Assert.Equal(2, (await Cli.Run("status", "--url", url, "--ca-file", cluster.N1.Agent.ConfigFile)).Code);
    }

    private static async Task<string> Secret(TestCluster cluster, string name, string token)
    {
        var path = Path.Combine(Path.GetDirectoryName(cluster.N1.Folder)!, name);
        await AsPostgres.Run("/bin/sh", "-c", "umask 077; printf %s \"$1\" >\"$0\"", path, token);
        return path;
    }
}
