using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace PgHa.Cluster.Tests.Health;

/// <summary>Health checks of real nodes, as load balancers send them.</summary>
public sealed class HealthTests : ClusterTest
{
    private const string Token = "a-token-of-many-characters";
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task Each_node_says_what_it_is_without_a_token_and_says_otherwise_after_a_switchover()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: async each =>
        {
            foreach (var node in each.Nodes)
            {
                await AsPostgres.Run("/bin/sh", "-c", "umask 077; echo \"$0\" >\"$1\"", Token, node.In("token"));
                await node.AddToAgentConfig($"health_listen: http://{node.Address}:{Ports.Free(node.Address)}\nsecurity:\n  token_file: {node.In("token")}");
                node.Api.Token = Token;
            }
        }));
        await IsPrimary(cluster.N1, cluster.N2);
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
        await IsPrimary(cluster.N2, cluster.N1);
        await cluster.Play("DELETE N2 instance/current → recovery, inactive");
        Assert.Equal(503, await Status(cluster.N2, "/primary"));
        Assert.Equal(503, await Status(cluster.N2, "/health"));
        Assert.Equal(200, await Status(cluster.N2, "/liveness"));
        await Wait.Until("nobody tells how much it lacks", async () => await Status(cluster.N1, "/replica?lag=1GB") == 503);
    }

    [Fact]
    public async Task A_synchronous_standby_is_told_from_others()
    {
        var cluster = await BothRunning();
        await Wait.Until("it is seen", async () => await Status(cluster.N2, "/async") == 200, 30);
        await cluster.N1.Postgres.Execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
        await cluster.N1.Postgres.Execute("SELECT pg_reload_conf()");
        await Wait.Until("it is synchronous", async () => await Status(cluster.N2, "/sync") == 200 && await Status(cluster.N2, "/async") == 503);
        Assert.Contains("sync_standby", await Body(cluster.N1, "/cluster"), StringComparison.Ordinal);
        await cluster.N1.Postgres.Execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'");
        await cluster.N1.Postgres.Execute("SELECT pg_reload_conf()");
        await Wait.Until("it is one of a quorum", async () => await Status(cluster.N2, "/quorum") == 200 && await Status(cluster.N2, "/sync") == 503);
    }

    [Theory]
    [InlineData("OPTIONS / HTTP/1.0\r\n\r\n", "200")] // what HAProxy sends where nothing else is said
    [InlineData("HEAD /primary HTTP/1.1\r\nHost: anything.example\r\nConnection: close\r\n\r\n", "200")]
    [InlineData("GET /replica HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "503")]
    [InlineData("GET /replica?lag=a&lag=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "400")]
    [InlineData("GET /replica?lag=%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "400")]
    [InlineData("GET /primary?lag= HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "400")]
    [InlineData("POST /primary HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "404")]
    [InlineData("GET /primary/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", "404")]
    public async Task It_answers_whoever_asks_in_a_plain_way(string request, string status)
    {
        var cluster = await BothRunning();
        await Wait.Until("it is seen", async () => await Status(cluster.N1, "/primary") == 200, 30);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Parse(cluster.N1.Address), cluster.N1.AgentUrl.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream());
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains($" {status} ", answer.Split('\n')[0], StringComparison.Ordinal);
    }

    private static async Task IsPrimary(TestNode primary, TestNode standby)
    {
        await Wait.Until("it is seen", async () => await Status(primary, "/primary") == 200, 30); // a slow machine may answer late at first
        foreach (var path in (string[])["/", "/primary", "/master", "/read-write", "/leader", "/read-only", "/health", "/liveness", "/readiness"])
            Assert.Equal((path, 200), (path, await Status(primary, path)));
        foreach (var path in (string[])["/replica", "/sync", "/async", "/quorum", "/standby-leader"])
            Assert.Equal((path, 503), (path, await Status(primary, path)));
        await Wait.Until("the standby shows that it follows", async () => await Status(standby, "/async?lag=1MB") == 200);
        foreach (var path in (string[])["/replica", "/replica?lag=1MB", "/read-only", "/health", "/liveness", "/readiness"])
            Assert.Equal((path, 200), (path, await Status(standby, path)));
        foreach (var path in (string[])["/", "/primary", "/sync", "/quorum", "/replica?tag_region=eu"])
            Assert.Equal((path, 503), (path, await Status(standby, path)));
        using var json = JsonDocument.Parse(await Body(standby, "/patroni"));
        Assert.Equal("replica", json.RootElement.GetProperty("role").GetString());
        Assert.Equal(standby.Name, json.RootElement.GetProperty("patroni").GetProperty("name").GetString());
        using var cluster = JsonDocument.Parse(await Body(standby, "/cluster"));
        Assert.Equal(["leader", "replica"], cluster.RootElement.GetProperty("members").EnumerateArray().Select(m => m.GetProperty("role").GetString()).Order());
        Assert.Equal("[]\n", await Body(standby, "/history"));
        Assert.Equal(401, await Status(primary, "/api/pg/v1/instance/all"));
        Assert.Equal((200, 404), (await Status(Health(primary), "/primary"), await Status(Health(primary), "/api/pg/v1/instance/all")));
    }

    private static Uri Health(TestNode node) => new(File.ReadLines(node.Agent.ConfigFile).Single(line => line.StartsWith("health_listen: ", StringComparison.Ordinal))["health_listen: ".Length..]);

    private static Task<int> Status(TestNode node, string path) => Status(node.AgentUrl, path);

    private static async Task<int> Status(Uri agent, string path)
    {
        using var answer = await Http.GetAsync(new Uri(agent, path), TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }

    private static Task<string> Body(TestNode node, string path) => Http.GetStringAsync(new Uri(node.AgentUrl, path), TestContext.Current.CancellationToken);
}
