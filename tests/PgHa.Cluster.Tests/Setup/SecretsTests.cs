using System.Net;
using System.Text;

namespace PgHa.Cluster.Tests.Setup;

/// <summary>A pair over TLS, with certificates of an intermediate authority, and a token: both are exchanged while the agents run.</summary>
public sealed class SecretsTests : ClusterTest
{
    private const string Old = "the-old-token-1234", New = "the-new-token-1234";

    [Fact]
    public async Task Certificates_and_token_are_exchanged_while_the_agents_run()
    {
        using var authorities = new Authorities();
        var cluster = Keep(await TestCluster.FilesOnly());
        foreach (var node in cluster.Nodes)
        {
            await Secure(node, authorities);
            node.Agent.Start();
        }
        await cluster.StartServers();
        await Wait.Until("both agents see each other", async () => await States(cluster.N1, authorities, Old) == Both && await States(cluster.N2, authorities, Old) == Both, 30);
        await StopsNothingOverHttp2(cluster, authorities);

        await Authorities.Write(cluster.N1, "token", New);
        await Authorities.Write(cluster.N1, "key", "no key");
        await Reload(cluster.N1, "the certificate stays as it was");
        Assert.Equal([Both, Both, Both], [await States(cluster.N1, authorities, Old), await States(cluster.N1, authorities, New), await States(cluster.N2, authorities, Old)]);
        Assert.Equal("401", await States(cluster.N2, authorities, New));
        Assert.Equal("401", await States(cluster.N1, authorities, "another-token-1234"));
        await Authorities.Write(cluster.N2, "token", New);
        var before = authorities.LastSeen;
        await authorities.Certify(cluster.N2);
        await Reload(cluster.N2, "the certificate was read again");
        Assert.Equal([Both, Both], [await States(cluster.N2, authorities, New), await States(cluster.N1, authorities, New)]);
        Assert.Equal(Both, await States(cluster.N2, authorities, New));
        Assert.NotEqual(before, authorities.LastSeen);
    }

    private static string Both => """{"pg-node01":"master","pg-node02":"slave"}""";

    /// <summary>Over HTTP/2 a body needs no length, and is one all the same.</summary>
    private static Task StopsNothingOverHttp2(TestCluster cluster, Authorities authorities) => cluster.AssertUnchanged(async () =>
    {
        using var http = authorities.Client(Old);
        foreach (var (body, status) in ((string, int)[])[("""{"dry_run":true,"target":"pg-node02"}""", 200), ("""{"dryRun":true}""", 400), ("""{"dry_run":tru""", 400)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Url(cluster.N1, "v2/cluster/stop"))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new Unmeasured(body),
            };
            using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal((HttpVersion.Version20, status), (response.Version, (int)response.StatusCode));
        }
    });

    /// <summary>The answer of GET instance/all on a connection of its own, or the status.</summary>
    private static async Task<string> States(TestNode node, Authorities authorities, string token)
    {
        using var http = authorities.Client(token);
        try
        {
            using var response = await http.GetAsync(Url(node, "v1/instance/all"), TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode ? (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Trim() : $"{(int)response.StatusCode}";
        }
        catch (HttpRequestException e) when (e.InnerException is not System.Security.Authentication.AuthenticationException)
        {
            return e.Message; // it is only starting
        }
    }

    private static Uri Url(TestNode node, string path) => new($"https://{node.AgentUrl.Authority}/api/pg/{path}");

    private static async Task Reload(TestNode node, string said)
    {
        Signal.Send(node.Agent.Pid, 1);
        await Wait.Until($"the log of {node.Name} says: {said}", async () => (await File.ReadAllTextAsync(node.Agent.LogFile, TestContext.Current.CancellationToken)).Contains(said, StringComparison.Ordinal)
            && (await File.ReadAllTextAsync(node.Agent.LogFile, TestContext.Current.CancellationToken)).Contains("the token was exchanged", StringComparison.Ordinal));
    }

    private static async Task Secure(TestNode node, Authorities authorities)
    {
        await node.ChangeAgentConfig("http://", "https://");
        await File.AppendAllTextAsync(node.Agent.ConfigFile, $$"""
            security:
              token_file: {{node.In("token")}}
              tls: { certificate_file: {{node.In("crt")}}, key_file: {{node.In("key")}}, ca_file: {{node.In("ca")}} }

            """, TestContext.Current.CancellationToken);
        await Authorities.Write(node, "token", Old);
        await Authorities.Write(node, "ca", authorities.Root);
        await authorities.Certify(node);
    }

    private sealed class Unmeasured(string text) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
