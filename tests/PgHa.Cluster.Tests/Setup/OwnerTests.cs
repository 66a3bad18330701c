using PgHa.Cluster.Tests.CommandLine;

namespace PgHa.Cluster.Tests.Setup;

/// <summary><c>security.local: owner</c>: only the agent's user and root may call an agent on loopback, and pgha finds the token by itself.</summary>
public sealed class OwnerTests : ClusterTest
{
    private const string Owner = "security: { local: owner }";

    [Fact]
    public async Task Only_the_agents_user_and_root_may_call_and_the_command_line_finds_the_token()
    {
        var cluster = Keep(await TestCluster.AllRunning(1, prepare: c => c.N1.AddToAgentConfig(Owner)));
        var node = cluster.N1;
        Assert.Equal("-rw------- 1 postgres postgres", (await AsPostgres.AsRoot("/bin/ls", "-l", Kept(node)))[..30]);
        var refused = await node.Api.Get("instance/current");
        refused.AssertRefused(401, 14);
        Assert.Contains(Kept(node), refused.Body, StringComparison.Ordinal);
        foreach (var token in (string[])["", "pgha_0000000000000000000000000000000000000000000000000000000000000000"])
        {
            node.Api.Token = token;
            (await node.Api.Delete("instance/current")).AssertRefused(401, 14);
        }
        Assert.StartsWith("pg-node01 is primary", (await Cli.On(node, "status")).Output, StringComparison.Ordinal);
        Assert.StartsWith("pg-node01 is primary", await AsPostgres.Run(AgentProcess.Binary, "status", "--config", node.Agent.ConfigFile), StringComparison.Ordinal);
        Assert.Contains("all checks passed", await AsPostgres.Run(AgentProcess.Binary, "config", "check", "--peers", "--config", node.Agent.ConfigFile), StringComparison.Ordinal);
        using (var health = new HttpClient())
            Assert.Equal(200, (int)(await health.GetAsync(new Uri(node.AgentUrl, "/primary"), TestContext.Current.CancellationToken)).StatusCode);

        Assert.Equal(0, (await Cli.On(node, "restart", "pg-node01", "--yes")).Code);
        Assert.Contains("security.local (admin) from 127.0.0.1: POST /api/pg/v2/cluster/restart", (await Cli.On(node, "audit", "--last", "50")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(await Token(node), File.ReadAllText(node.Agent.LogFile) + File.ReadAllText(Path.Combine(node.In("state"), "audit.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_user_is_told_what_to_do()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, for another user");
        var cluster = Keep(await TestCluster.AllRunning(1, prepare: c => c.N1.AddToAgentConfig(Owner)));
        var folder = Directory.CreateTempSubdirectory("pgha-owner-");
        try
        {
            var config = Path.Combine(folder.FullName, "pgha.yml");
            await File.WriteAllTextAsync(config, File.ReadAllText(cluster.N1.Agent.ConfigFile), TestContext.Current.CancellationToken);
            await AsPostgres.AsRoot("/bin/chmod", "-R", "a+rX", folder.FullName);
            foreach (var (change, who, how) in ((string, string, string)[])[("true", "its own user", "root (sudo pgha"), ("chmod a+x \"$0\" \"$0/..\" \"$0/../..\" && chmod 700 \"$0/state\"", "postgres", "postgres or root (sudo -u postgres pgha"), ("chmod 755 \"$0/state\"", "postgres", "postgres or root")])
            {
                await AsPostgres.AsRoot("/bin/sh", "-c", change, cluster.N1.Folder);
                var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => AsPostgres.AsRoot("/usr/bin/setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--", AgentProcess.Binary, "status", "--config", config));
                Assert.Contains($"answers {who} and root only, and this is nobody (security.local is owner) (code 14)\n  hint: run the command as {how}", refused.Message, StringComparison.Ordinal);
                Assert.Contains("ended with 1\n", refused.Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_token_is_kept_over_a_restart_and_another_one_is_made_once_it_is_removed()
    {
        var cluster = Keep(await TestCluster.AllRunning(1, prepare: c => c.N1.AddToAgentConfig(Owner)));
        var node = cluster.N1;
        var first = await Token(node);
        await node.Agent.Kill();
        await node.StartAgent();
        Assert.Equal(first, await Token(node));
        node.Api.Token = first;
        Assert.Equal(200, (await node.Api.Get("instance/current")).Status);

        await AsPostgres.Run("/bin/rm", Kept(node));
        Signal.Send(node.Agent.Pid, Signal.Hangup);
        await Wait.Until("another one is made", () => File.ReadAllText(node.Agent.LogFile).Contains("is another one; the one before does not count any more", StringComparison.Ordinal));
        Assert.NotEqual(first, await Token(node));
        (await node.Api.Get("instance/current")).AssertRefused(401, 14);
        Assert.StartsWith("pg-node01 is primary", (await Cli.On(node, "status")).Output, StringComparison.Ordinal);
    }

    /// <summary>What another user could have written or read is used neither by the agent nor by a command.</summary>
    [Theory]
    [InlineData("chmod 640 local-token", "has mode 0640")]
    [InlineData("chown nobody: local-token", "belongs to nobody, and")]
    [InlineData("mv local-token kept && ln -s kept local-token", "is a link")]
    [InlineData("rm local-token && ln -s nowhere local-token", "is a link")]
    [InlineData("echo short >local-token", "holds no token")]
    [InlineData("chmod g+w .", "others than its owner may write in")]
    public async Task A_file_that_is_not_the_agents_own_is_refused(string change, string why)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, for another user's files");
        var cluster = Keep(await TestCluster.FilesOnly(1));
        var node = cluster.N1;
        await node.AddToAgentConfig(Owner);
        await node.StartAgent();
        await AsPostgres.AsRoot("/bin/sh", "-c", "cd \"$0\" && " + change, node.In("state"));
        var refused = await Cli.On(node, "status");
        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.Contains(why, refused.Error, StringComparison.Ordinal);
        Assert.Matches("\n  hint: .", refused.Error);
        await node.Agent.Stop();
        node.Agent.Start();
        Assert.Equal(1, await node.Agent.WaitForExit());
        Assert.Contains(why, File.ReadAllText(node.Agent.LogFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_other_nodes_the_agents_need_a_token_for_each_other()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        foreach (var node in cluster.Nodes)
        {
            await node.AddToAgentConfig(Owner);
            var refused = await Cli.On(node, "config", "check");
            Assert.Equal(1, refused.Code);
            Assert.Contains("each agent makes a token of its own, which the other agents do not know\n  hint: give the agents a token for each other", refused.Error, StringComparison.Ordinal);
            await AsPostgres.Run("/bin/sh", "-c", "umask 077; echo the-token-of-the-agents-0123 >\"$0\"", node.In("token"));
            await node.ChangeAgentConfig(Owner, $"security: {{ local: owner, token_file: {node.In("token")} }}");
        }
        await cluster.StartServers();
        await cluster.StartAgents();
        await Wait.Until("the agents see each other", async () => (await Cli.On(cluster.N1, "status")).Output.StartsWith("pg-node01 is primary, 1 of 1 standbys streams", StringComparison.Ordinal), 30);
        Assert.Equal(0, (await Cli.On(cluster.N2, "switchover", "pg-node02", "--yes")).Code);
        cluster.N1.Api.Token = cluster.N2.Api.Token = await Token(cluster.N1);
        Assert.Equal(200, (await cluster.N1.Api.Get("instance/all")).Status); // one more token there
        (await cluster.N2.Api.Get("instance/all")).AssertRefused(401, 14);    // and nowhere else
    }

    private static string Kept(TestNode node) => Path.Combine(node.In("state"), "local-token");

    private static async Task<string> Token(TestNode node) => (await AsPostgres.Run("/bin/cat", Kept(node))).Trim();
}
