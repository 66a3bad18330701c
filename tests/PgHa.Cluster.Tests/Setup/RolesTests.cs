using System.Text.Json;
using PgHa.Cluster.Tests.CommandLine;

namespace PgHa.Cluster.Tests.Setup;

/// <summary>Tokens with a role each, and the audit log.</summary>
public sealed class RolesTests : ClusterTest
{
    private const string Agents = "the-token-of-the-agents-0123";

    [Fact]
    public async Task Each_role_may_do_what_it_is_for_and_every_change_is_noted()
    {
        var cluster = await WithRoles();
        var tokens = new Dictionary<string, string>();
        foreach (var role in (string[])["read", "operate", "peer", "admin"])
            tokens[role] = (await AsPostgres.Run(AgentProcess.Binary, "token", "add", $"the-{role}", role, "--config", cluster.N1.Agent.ConfigFile)).Trim();
        Assert.Equal("the-read read\nthe-operate operate\nthe-peer peer\nthe-admin admin\n", await AsPostgres.Run(AgentProcess.Binary, "token", "list", "--config", cluster.N1.Agent.ConfigFile));

        foreach (var (role, looks, content, step, change) in ((string, int, int, int, int)[])
            [("read", 200, 403, 403, 403), ("operate", 200, 200, 403, 200), ("peer", 200, 200, 200, 403), ("admin", 200, 200, 200, 200)])
        {
            cluster.N1.Api.Token = tokens[role];
            var segment = cluster.N1.Segments()[0];
            Assert.Equal((role, looks), (role, (await cluster.N1.Api.Get("instance/all")).Status));
            Assert.Equal((role, content), (role, (await cluster.N1.Api.Get($"walFile/{segment}")).Status));
            Assert.Equal((role, step), (role, (await cluster.N1.Api.Send(HttpMethod.Post, "../v2/node/checkpoint")).Status));
            Assert.Equal((role, change), (role, (await cluster.N1.Api.Post("instance/all")).Status));
            Assert.Equal((role, change), (role, (await cluster.N1.Api.Post("INSTANCE/all")).Status)); // routes know no case
        }
        cluster.N1.Api.Token = tokens["operate"];
        foreach (var path in (string[])["set", "set/series"])
        {
            var program = await cluster.N1.Api.Post($"../v2/cluster/{path}", """{"settings":"archive_command='touch /tmp/x'"}""");
            program.AssertRefused(403, 14);
            Assert.Contains("which is not enough for archive_command", program.Message, StringComparison.Ordinal);
        }
        Assert.Equal(200, (await cluster.N1.Api.Post("../v2/cluster/set/series", """{"settings":"work_mem='5MB'"}""")).Status);
        cluster.N1.Api.Token = tokens["read"];
        (await cluster.N1.Api.Post("../v2/cluster/set/series", """{"settings":"work_mem='5MB'"}""")).AssertRefused(403, 14);
        (await cluster.N1.Api.GetV2("node/settings?settings=work_mem")).AssertRefused(403, 14);
        var refused = await cluster.N1.Api.Post("instance/switchover/masterSlave");
        refused.AssertRefused(403, 14);
        Assert.Contains("the token the-read has the role read", refused.Message, StringComparison.Ordinal);

        var shown = await Cli.Run(new Dictionary<string, string> { ["PGHA_TOKEN"] = tokens["read"] }, "switchover", "pg-node02", "--yes", "--url", cluster.N1.AgentUrl.GetLeftPart(UriPartial.Authority));
        Assert.True(shown.Code == 1 && shown.Error.Contains("the token the-read has the role read", StringComparison.Ordinal), shown.ToString());
        var done = await Cli.Run(new Dictionary<string, string> { ["PGHA_TOKEN"] = tokens["operate"] }, "switchover", "pg-node02", "--yes", "--reason", "a test", "--url", cluster.N1.AgentUrl.GetLeftPart(UriPartial.Authority));
        Assert.True(done.Code == 0, done.ToString());

        await AsPostgres.Run(AgentProcess.Binary, "token", "remove", "the-operate", "--config", cluster.N1.Agent.ConfigFile);
        cluster.N1.Api.Token = tokens["operate"];
        (await cluster.N1.Api.Get("instance/all")).AssertRefused(401, 14);
        cluster.N1.Api.Token = Agents;
        var audit = JsonSerializer.Deserialize<JsonElement>((await cluster.N1.Api.GetV2("node/audit?last=1000")).Body).EnumerateArray().ToArray();
        Assert.Contains(audit, e => Text(e, "who") == "the-read" && Text(e, "call") == "POST /api/pg/v1/instance/switchover/masterSlave" && e.GetProperty("status").GetInt32() == 403);
        Assert.Contains(audit, e => Text(e, "who") == "the-admin" && Text(e, "call") == "POST /api/pg/v2/node/checkpoint" && e.GetProperty("by_hand").GetBoolean());
        var call = Assert.Single(audit, e => Text(e, "who") == "the-operate" && Text(e, "call") == "POST /api/pg/v2/cluster/switchover" && e.TryGetProperty("operation", out _));
        var ended = Assert.Single(audit, e => Text(e, "kind") == "operation" && Text(e, "operation") == Text(call, "operation"));
        Assert.Equal(("a test", "done"), (Text(ended, "reason"), Text(ended, "ended")));
        Assert.NotEmpty(ended.GetProperty("steps").EnumerateArray());
        Assert.DoesNotContain(audit, e => e.ToString().Contains("pgha_", StringComparison.Ordinal) && tokens.Values.Any(t => e.ToString().Contains(t, StringComparison.Ordinal)));
        Assert.Equal("-rw------- ", (await AsPostgres.Run("/bin/ls", "-l", Path.Combine(cluster.N1.Folder, "state", "audit.log")))[..11]);
        Assert.Contains("the-operate (operate) from 127.0.0.1: POST /api/pg/v2/cluster/switchover -> 202", (await Cli.On(cluster.N2, "audit", "pg-node01", "--last", "1000")).Output, StringComparison.Ordinal);
    }

    private static string? Text(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) ? value.GetString() : null;

    private async Task<TestCluster> WithRoles() => Keep(await TestCluster.AllRunning(prepare: async cluster =>
    {
        foreach (var node in cluster.Nodes)
        {
            await AsPostgres.Run("/bin/sh", "-c", "umask 077; echo \"$0\" >\"$1\"; : >\"$2\"", Agents, node.In("token"), node.In("tokens"));
            await node.AddToAgentConfig($"security:\n  token_file: {node.In("token")}\n  tokens_file: {node.In("tokens")}");
            node.Api.Token = Agents;
        }
    }));
}
