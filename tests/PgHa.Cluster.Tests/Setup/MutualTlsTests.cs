using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using PgHa.Cluster.Tests.CommandLine;

namespace PgHa.Cluster.Tests.Setup;

/// <summary>Agents that know each other by certificates (<c>security.tls.client_ca_file</c>), without a token for each other.</summary>
public sealed class MutualTlsTests : ClusterTest
{
    [Fact]
    public async Task Agents_work_together_by_their_certificates_alone_and_a_certificate_is_a_peer()
    {
        using var authorities = new Authorities();
        var cluster = await Secured(authorities, Authorities.ForServers, Authorities.ForClients);
        await cluster.Ledger.Insert(cluster.N1);
        Assert.Contains("all checks passed", (await AsPostgres.Run(AgentProcess.Binary, "config", "check", "--peers", "--config", cluster.N1.Agent.ConfigFile)), StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.On(cluster.N1, "switchover", "pg-node02", "--yes")).Code);
        Assert.Equal(0, (await Cli.On(cluster.N2, "switchover", "pg-node01", "--by", "restart", "--yes")).Code);
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal(0, (await Cli.On(cluster.N1, "wal", "ls", "pg-node02")).Code); // the other node, as this machine's agent
        Assert.Contains("certificate of pg-node01 (peer) from 127.0.0.1: POST /api/pg/v2/node/", (await Cli.On(cluster.N2, "audit", "--last", "1000")).Output, StringComparison.Ordinal);
        var elsewhere = await Cli.On(cluster.N1, "reload-config", "pg-node02");
        Assert.True(elsewhere.Code == 1 && elsewhere.Error.Contains("the certificate of pg-node01 has the role peer, which is not enough for POST /api/pg/v2/node/reload-config", StringComparison.Ordinal), elsewhere.ToString());

        using var own = authorities.Make(cluster.N2.Address, null, Authorities.ForClients);
        using var node = authorities.Client(own: own);
        foreach (var (method, path, status) in ((HttpMethod, string, HttpStatusCode)[])
            [(HttpMethod.Get, "v1/instance/all", HttpStatusCode.OK), (HttpMethod.Post, "v2/node/checkpoint", HttpStatusCode.OK), (HttpMethod.Post, "v1/instance/switchover/masterSlave", HttpStatusCode.Forbidden), (HttpMethod.Delete, "v1/instance/all", HttpStatusCode.Forbidden)])
            foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
                Assert.Equal((path, status), (path, (await Ask(node, cluster.N1, path, method, version)).Status));
    }

    [Fact]
    public async Task A_certificate_that_does_not_count_is_refused_with_what_to_do_and_people_need_none()
    {
        using var authorities = new Authorities();
        using var strangers = new Authorities();
        var cluster = await Secured(authorities);
        foreach (var (certificate, of, said) in ((X509Certificate2?, Authorities, string)[])
        [
            (null, authorities, "no certificate was presented, and no token that counts"),
            (authorities.Make(cluster.N2.Address, DateTimeOffset.UtcNow.AddDays(-1)), authorities, "has expired"),
            (authorities.Make("127.0.0.77"), authorities, "has none of the nodes' names"),
            (authorities.Make(cluster.N2.Address, null, Authorities.ForServers), authorities, "may not be used by clients"),
            (strangers.Make(cluster.N2.Address), strangers, "is of no authority in security.tls.client_ca_file"),
            (authorities.Make(cluster.N2.Address), strangers, "is of no authority in security.tls.client_ca_file"), // without the one between
        ])
            using (certificate)
            {
                using var client = authorities.Client(own: certificate, of: of);
                foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
                {
                    var (status, body) = await Ask(client, cluster.N1, "v1/instance/current", HttpMethod.Get, version);
                    var refusal = JsonSerializer.Deserialize<JsonElement>(body);
                    Assert.Equal((HttpStatusCode.Unauthorized, 14), (status, refusal.GetProperty("code").GetInt32()));
                    Assert.Contains(said, refusal.GetProperty("msg").GetString(), StringComparison.Ordinal);
                    Assert.NotEmpty(refusal.GetProperty("hint").GetString()!);
                    Assert.Equal(HttpStatusCode.Unauthorized, (await Ask(client, cluster.N1, "v1/instance/current", HttpMethod.Delete, version)).Status);
                }
                using var person = authorities.Client((await AsPostgres.Run("/bin/cat", cluster.N1.In("state/local-token"))).Trim(), certificate, of);
                Assert.Equal(HttpStatusCode.OK, (await Ask(person, cluster.N1, "v1/instance/current")).Status);
            }
        using var anybody = authorities.Client();
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync(Url(cluster.N1, "/primary"), TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Certificates_and_authorities_are_exchanged_while_the_agents_run()
    {
        using var authorities = new Authorities();
        using var others = new Authorities();
        var cluster = await Secured(authorities);
        foreach (var node in cluster.Nodes) // whom the agents call may have a certificate of either
            await Authorities.Write(node, "ca", authorities.Root + "\n" + others.Root + "\n");
        await others.Certify(cluster.N2);
        Signal.Send(cluster.N2.Agent.Pid, Signal.Hangup);
        await Said(cluster.N2, "the certificate was read again");
        await Wait.Until("pg-node02 is told why", async () => (await Cli.On(cluster.N2, "status")).Output.Contains("the certificate that was presented is of no authority in security.tls.client_ca_file", StringComparison.Ordinal), 60);
        Assert.Equal(Both, await States(cluster.N1)); // the other direction goes on

        await Authorities.Write(cluster.N1, "clients", "none");
        await Said(cluster.N1, "the certificate stays as it was: "); // without a signal
        Assert.Equal(Both, await States(cluster.N1));
        await Authorities.Write(cluster.N1, "clients", authorities.Root + "\n" + others.Root + "\n");
        await Wait.Until("pg-node02 is let in again", async () => await States(cluster.N2) == Both, 60);
        Assert.Equal(0, (await Cli.On(cluster.N2, "switchover", "pg-node02", "--yes")).Code);
    }

    [Fact]
    public async Task What_would_keep_an_agent_out_is_said_before()
    {
        using var authorities = new Authorities();
        var cluster = Keep(await TestCluster.FilesOnly());
        await Secure(cluster, authorities, [Authorities.ForServers]);
        var warned = await Cli.On(cluster.N1, "config", "check");
        Assert.True(warned.Code == 0 && warned.Output.Contains("warn  the other agents will not know this one by its certificate, which may not be used by clients\n      hint: have it signed", StringComparison.Ordinal), warned.ToString());
    }

    private const string Both = "pg-node01 is primary, 1 of 1 standbys streams";

    private static async Task<string> States(TestNode node) => (await Cli.On(node, "status")).Output is var said && said.StartsWith(Both, StringComparison.Ordinal) ? Both : said;

    private static Task Said(TestNode node, string words) =>
        Wait.Until($"the log of {node.Name} says: {words}", () => File.ReadAllText(node.Agent.LogFile).Contains(words, StringComparison.Ordinal), 30);

    private static async Task<(HttpStatusCode Status, string Body)> Ask(HttpClient client, TestNode node, string path, HttpMethod? method = null, Version? version = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, Url(node, "/api/pg/" + path)) { Version = version ?? HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static Uri Url(TestNode node, string path) => new($"https://{node.AgentUrl.Authority}{path}");

    private async Task<TestCluster> Secured(Authorities authorities, params string[] usages)
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await Secure(cluster, authorities, usages);
        foreach (var node in cluster.Nodes) node.Agent.Start();
        await cluster.StartServers();
        foreach (var node in cluster.Nodes) await Wait.Until($"{node.Name} sees both", async () => await States(node) == Both, 30);
        return cluster;
    }

    private static async Task Secure(TestCluster cluster, Authorities authorities, string[] usages)
    {
        foreach (var node in cluster.Nodes)
        {
            await node.ChangeAgentConfig("http://", "https://");
            await node.AddToAgentConfig($$"""
                security:
                  local: owner
                  tls: { certificate_file: {{node.In("crt")}}, key_file: {{node.In("key")}}, ca_file: {{node.In("ca")}}, client_ca_file: {{node.In("clients")}} }
                """);
            await Authorities.Write(node, "ca", authorities.Root);
            await Authorities.Write(node, "clients", authorities.Root);
            await authorities.Certify(node, usages);
        }
    }
}
