using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Commands.Tests;

/// <summary>An agent of an older version: it knows the cluster, and none of the newer calls.</summary>
[Trait("Category", "Fast")]
public sealed class OlderAgentTests : IDisposable
{
    private readonly HttpListener agent = new();
    private readonly string url;
    private readonly Task answering;

    public OlderAgentTests()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            url = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        }
        agent.Prefixes.Add(url + "/");
        agent.Start();
        answering = AnswerAsync();
    }

    public void Dispose()
    {
        agent.Close();
        answering.Wait();
    }

    [Fact]
    public async Task Its_status_is_what_it_sees()
    {
        var (code, output, _) = await RunAsync("status");
        Assert.Equal(0, code);
        Assert.StartsWith("n1 is primary, 2 of 2 standbys stream, nothing needs a person\ncluster ?, system 7413000000000000001, no automatic failover\n", output, StringComparison.Ordinal);
        Assert.Contains("older", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_does_not_know_is_said_to_be_newer()
    {
        var (code, output, error) = await RunAsync("restart", "n2", "--yes");
        Assert.Equal((2, ""), (code, output));
        Assert.Equal("error: there is no /api/pg/v2/cluster/restart: this agent is of an older version\n  hint: bring all agents to the version of this command\n", error);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync([.. words, "--url", url], new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }

    private async Task AnswerAsync()
    {
        while (true)
        {
            HttpListenerContext call;
            try
            {
                call = await agent.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            var path = call.Request.Url!.AbsolutePath;
            var (status, body) = path == "/api/pg/v2/cluster" ? (200, JsonSerializer.Serialize([.. Sketch.Whole().Nodes.Select(n => n.Seen)], WireJson.Default.NodeObservationArray))
                : call.Request.HttpMethod == "GET" ? (405, Refused($"GET is not possible on {path}")) : (404, Refused($"there is no {path}"));
            call.Response.StatusCode = status;
            call.Response.ContentType = "application/json";
            await call.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
            call.Response.Close();
        }
    }

    private static string Refused(string why) => JsonSerializer.Serialize(new Refusal(Code.Invalid, why, "possible: others"), WireJson.Default.Refusal);
}
