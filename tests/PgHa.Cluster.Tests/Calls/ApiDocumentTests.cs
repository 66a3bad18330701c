using System.IO.Compression;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Calls;

/// <summary>docs/openapi.json is what agents serve, and what they do.</summary>
public sealed partial class ApiDocumentTests : ClusterTest
{
    private const string Token = "the-token-of-the-agents-0123";

    [Fact]
    public async Task The_document_and_its_page_are_served_without_a_token_and_ask_nobody_else()
    {
        var cluster = Keep(await TestCluster.AllStopped(prepare: async cluster =>
        {
            foreach (var node in cluster.Nodes)
            {
                await AsPostgres.Run("/bin/sh", "-c", "umask 077; echo \"$0\" >\"$1\"", Token, node.In("token"));
                await node.AddToAgentConfig($"security:\n  token_file: {node.In("token")}");
                node.Api.Token = Token;
            }
        }));
        var document = await Get(cluster.N1, "openapi.json", packed: false);
        Assert.Equal((await File.ReadAllTextAsync(ApiAnswers.Committed, TestContext.Current.CancellationToken), "application/json"), (document.Text, document.Type));
        Assert.Equal(document.Text, (await Get(cluster.N1, "openapi.json", packed: true)).Text);
        var page = await Get(cluster.N1, "docs", packed: true);
        Assert.Equal("text/html", page.Type);
        Assert.Contains("script-src 'self';", page.Policy, StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none';", page.Policy, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(?i)https?:|<script(?![^>]*\bsrc=)|\bon\w+=|javascript:", page.Text);
        var files = Linked().Matches(page.Text).Select(m => m.Groups[1].Value).ToArray();
        Assert.Contains("openapi.json", files);
        foreach (var file in files)
            Assert.NotEmpty((await Get(cluster.N1, file, packed: false)).Text);
        Assert.Contains("MIT License", (await Get(cluster.N1, "docs/rapidoc-min.js.LICENSE.txt", packed: false)).Text, StringComparison.Ordinal);

        cluster.N1.Api.Token = null;
        var answers = new ApiAnswers(cluster);
        await answers.Of(cluster.N1, 401, "v2/cluster/status");
        await answers.Of(cluster.N1, 401, "POST v1/instance/all");
        cluster.N1.Api.Token = Token;
        Assert.Equal(405, (await cluster.N1.Api.Send(HttpMethod.Post, "../v2/docs")).Status);
        Assert.Equal(400, (await cluster.N1.Api.GetV2("openapi.json?more=1")).Status);
    }

    /// <summary>An option that no call has is refused by the route itself: a path or method that is not routed would be told differently.</summary>
    [Fact]
    public async Task Every_call_in_the_document_is_one_of_a_real_agent()
    {
        var cluster = await BothRunning();
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var (method, path, operation) in ApiAnswers.Calls)
            {
                var answer = await cluster.N1.Api.Send(new HttpMethod(method), $"{Filled(path, operation)}?{string.Join('&', Needed(operation).Append("nonsense=1"))}");
                Assert.True(answer.Status == 400 && (method == "HEAD" || answer.Body.Contains("nonsense", StringComparison.Ordinal)), answer.ToString());
            }
        });
    }

    [Fact]
    public async Task What_agents_answer_is_as_the_document_says()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        var answers = new ApiAnswers(cluster);
        await cluster.N1.CreateSlot("orders");
        await cluster.N1.Postgres.Execute("CHECKPOINT");
        var segment = cluster.N1.Segments()[^1];
        var lsn = await cluster.N1.Postgres.Ask<string>("SELECT redo_lsn::text FROM pg_control_checkpoint()");
        foreach (var call in (string[])["v1/instance/all", "v1/in_recovery", "v1/lsn/all", $"v1/walFiles/{segment}", $"v1/walFiles/1/{lsn}", $"v1/validLsn/1/{lsn}", "v1/slots/all",
                     "v2/node", "v2/node/next-start", "v2/node/wal", "v2/node/lsn", $"v2/node/wal/tail?at={lsn}", $"v2/node/wal/digest?from={lsn}&to={lsn}", "v2/node/slots", $"v2/node/slots/decoding?from={lsn}",
                     "v2/cluster", "v2/cluster/status", "v2/node/status", "v1/salvage", "v2/salvage"])
            await answers.Of(cluster.N1, 200, call);
        await answers.Of(cluster.N1, 200, "v1/slot/orders/all", example: "all");
        await answers.Of(cluster.N1, 200, "v1/slot/orders/lsn", example: "lsn");
        await answers.Of(cluster.N2, 200, "POST v1/slots/file?restart=true");
        await Changes(answers, cluster);
        await Refusals(answers, cluster);
        await answers.Of(cluster.N1, 200, "v2/node/audit?last=3");
        await cluster.Play("DELETE N1 instance/current → inactive, recovery");
        await answers.Of(cluster.N1, 200, "v1/lsn/all", example: null);
        await answers.Of(cluster.N1, 200, "v2/cluster/status", example: null);
        await answers.Of(cluster.N1, 409, "v1/in_recovery");
    }

    private static async Task Changes(ApiAnswers answers, TestCluster cluster)
    {
        await answers.Of(cluster.N1, 200, "POST v1/instance/switchover/masterSlave?dryRun=true", example: "dryRun");
        await answers.Of(cluster.N1, 200, "POST v1/instance/switchover/masterSlave?by=promote");
        await answers.Of(cluster.N1, 200, "POST v1/instance/all");
        await answers.Of(cluster.N1, 200, "POST v2/cluster/switchover", """{"dry_run":true}""");
        var begun = await answers.Of(cluster.N1, 202, "POST v2/cluster/switchover", """{"target":"pg-node01","reason":"kernel upgrade"}""");
        var path = begun.Location!.ToString()["/api/pg/".Length..];
        await Wait.Until("it is done", async () => (await cluster.N1.Api.Get("../" + path)).Field("state")?.GetString() == "done", 60);
        await answers.Of(cluster.N1, 200, path);
        await answers.Of(cluster.N1, 200, "v2/operations", example: null);
        var stepwise = await answers.Of(cluster.N1, 202, "POST v1/instance/switchover/masterSlave?stepwise=true");
        var waiting = stepwise.Location!.ToString()["/api/pg/".Length..];
        await Wait.Until("it waits", async () => (await cluster.N1.Api.Get("../" + waiting)).Field("state")?.GetString() == "waiting", 60);
        await answers.Of(cluster.N1, 202, $"POST {waiting}/resume?steps=1");
        await Wait.Until("it waits again", async () => (await cluster.N1.Api.Get("../" + waiting)).Field("state")?.GetString() == "waiting", 60);
        await answers.Of(cluster.N1, 200, $"POST {waiting}/abandon");
        await cluster.N1.Api.Post("instance/all");
        await answers.Of(cluster.N1, 200, "POST v2/node/checkpoint");
        await answers.Of(cluster.N1, 200, "POST v2/node/reload-config");
        var seen = await cluster.N1.Api.GetV2("node");
        await answers.Of(cluster.N1, 200, "POST v2/node/lock", $$"""{"operation":"a-lock","owner":"pg-node02","owner_boot":"{{(await cluster.N2.Api.GetV2("node")).Field("boot_id")}}","goal":"an example","identity":{{seen.Field("identity")}}}""");
        await answers.Of(cluster.N1, 200, "DELETE v2/node/lock/a-lock");
    }

    private static async Task Refusals(ApiAnswers answers, TestCluster cluster)
    {
        await answers.Of(cluster.N2, 409, "POST v1/instance/master");
        await answers.Of(cluster.N1, 400, "POST v1/instance/switchover/masterSlave?dryrun=true");
        await answers.Of(cluster.N1, 400, "POST v2/cluster/stop", """{"dryRun":true}""", example: null);
        await answers.Of(cluster.N1, 404, "v2/operations/none");
        await answers.Of(cluster.N1, 404, "v1/slot/none/all");
        await answers.Of(cluster.N1, 404, "v1/instance/pg-node09", example: null);
        await answers.Of(cluster.N1, 404, "v1/walFile/000000090000000000000001");
        await answers.Of(cluster.N1, 409, "v2/cluster/explain");
        await answers.Of(cluster.N1, 409, "POST v2/cluster/pause");
        await answers.Of(cluster.N1, 409, "DELETE v2/cluster/scheduled", example: null);
    }

    [Fact]
    public async Task What_agents_in_automatic_mode_answer_is_as_the_document_says()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        var answers = new ApiAnswers(cluster);
        foreach (var call in (string[])["v2/cluster/explain", "v2/cluster/history"])
            await answers.Of(cluster.N1, 200, call);
        await answers.Of(cluster.N1, 200, "v2/cluster/status", example: "automatic");
        await answers.Of(cluster.N1, 202, "POST v2/cluster/switchover", $$"""{"target":"pg-node02","at":"{{DateTimeOffset.UtcNow.AddHours(1):yyyy-MM-dd'T'HH:mm:sszzz}}"}""", example: "scheduled");
        await answers.Of(cluster.N1, 200, "v2/cluster/scheduled");
        await answers.Of(cluster.N1, 204, "DELETE v2/cluster/scheduled");
        await answers.Of(cluster.N1, 200, "v2/cluster/scheduled", example: "cancelled");
        await answers.Of(cluster.N1, 404, "DELETE v2/cluster/scheduled");
        await answers.Of(cluster.N1, 204, "POST v2/cluster/pause?node=pg-node03");
        await answers.Of(cluster.N1, 204, "POST v2/cluster/resume?node=pg-node03");
        await answers.Of(cluster.N1, 200, "v2/node", example: null);
        await answers.Of(cluster.N2, 200, "POST v2/node/handover");
        await answers.Of(cluster.N1, 409, "POST v2/cluster/record/recreate?dryRun=true");
    }

    private static string Filled(string path, JsonObject operation) => Parameters(operation, "path").Aggregate(path, (filled, p) => filled.Replace($"{{{p["name"]}}}", p["example"]!.ToString(), StringComparison.Ordinal));

    private static IEnumerable<string> Needed(JsonObject operation) => Parameters(operation, "query").Where(p => p["required"] is not null).Select(p => $"{p["name"]}={Uri.EscapeDataString(p["example"]!.ToString())}");

    private static IEnumerable<JsonNode> Parameters(JsonObject operation, string where) => operation["parameters"]?.AsArray().Select(p => p!).Where(p => p["in"]!.ToString() == where) ?? [];

    private static async Task<(string Text, string? Type, string Policy)> Get(TestNode node, string path, bool packed)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.AgentUrl, "/api/pg/v2/" + path));
        if (packed)
            request.Headers.Add("Accept-Encoding", "br, gzip");
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
        Assert.Equal(packed ? "gzip" : "", string.Join(',', response.Content.Headers.ContentEncoding));
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await using var plain = packed ? new GZipStream(body, CompressionMode.Decompress) : body;
        using var reader = new StreamReader(plain);
        return (await reader.ReadToEndAsync(TestContext.Current.CancellationToken), response.Content.Headers.ContentType?.MediaType, string.Join(' ', response.Headers.GetValues("Content-Security-Policy")));
    }

    [GeneratedRegex("(?:src|href|spec-url)=\"((?!data:)[^\"]+)\"")]
    private static partial Regex Linked();
}
