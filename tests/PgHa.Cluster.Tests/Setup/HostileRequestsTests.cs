using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.Setup;

/// <summary>
/// 20,000 random requests over all routes, methods, headers and bodies, the same ones each time. Every one that could change something has
/// a fault or is a dry run: so nothing may change, and no answer may be of the 500s.
/// </summary>
[Trait("Category", "Long")]
public sealed partial class HostileRequestsTests : ClusterTest
{
    private const int Requests = 20_000;
    private const int AtOnce = 8;
    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "NONSENSE"];

    /// <summary>What the API's document names, and what is like it.</summary>
    private static readonly string[] Paths =
    [
        .. Documented(), "v1/instance/{w}", "v1/instance/all/masterSlave", "v1/instance/{w}/{w}", "v1/node/{w}", "v1/data/{w}", "v1/lsn/{w}", "v1/walFile/{f}", "v1/walFiles/{f}", "v1/walFiles/{n}/{h}/{h}",
        "v1/validLsn/{n}/{h}/{h}", "v1/slot/{w}/file/{h}/{h}", "v1/slots/file", "v2/cluster/{w}", "v2/node/{w}", "{w}", "v3/{w}", "",
    ];

    private static readonly string[] Words =
    [
        "all", "current", "master", "slave", "pg-node01", "pg-node02", "pg-node09", "masterSlave", "promote", "file", "..", "%2e%2e", "%2F", "a%00b", "%0A", "ü", "%ff%fe", "'; DROP TABLE x",
        "x y", "{}", "null", "-1", "0", "18446744073709551616", "1e9", "true", "report.json", "%F0%9F%98%80", "%25", "*", "a;b", "NaN",
    ];

    private static readonly string[] Files =
        ["000000010000000000000001", "000000010000000000000003", "00000001000000000000000G", "00000002.history", "000000010000000000000001.partial", "FFFFFFFFFFFFFFFFFFFFFFFF", "0", "postgresql.conf", "..%2F..%2Fpg_hba.conf"];

    private static readonly string[] Options =
        ["dryRun", "force", "stepwise", "timeout", "to", "by", "rejoin", "unlogged", "from", "at", "fresh", "steps", "all", "names", "upstream", "source", "accept", "as", "restart", "%00", "DRYRUN", ""];

    private static readonly string[] Bodies =
    [
        "", " ", "{}", "null", "[]", "{\"target\":1}", "{\"dry_run\":\"yes\"}", "{\"operation\":{}}", "{", "\"", "\u0000", "\uFEFF{}", "{\"target\":\"pg-node02\",\"target\":\"pg-node01\",\"dry_run\":true}",
        "<xml/>", "dry_run=true", "{\"dry_run\":true,\"more\":1}", "{\"a\":" + "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    ];

    [Fact]
    public async Task No_answer_of_the_500s_and_no_change_that_was_not_validly_asked_for()
    {
        var cluster = await BothRunning();
        var wrong = new ConcurrentBag<string>();
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, MaxConnectionsPerServer = AtOnce });
        await cluster.AssertUnchanged(() => Parallel.ForEachAsync(Enumerable.Range(1, Requests), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (seed, cancel) =>
        {
            using var request = Draw(new Random(seed), cluster.Nodes[seed % 2].AgentUrl);
            try
            {
                using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
                if ((int)answer.StatusCode is >= 500 and not 505) // a line that is no HTTP request at all
                    wrong.Add($"{seed}: {request.Method} {request.RequestUri} → {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancel)}");
            }
            catch (HttpRequestException)
            {
                // hung up on: the next requests show that it lives
            }
        }));
        Assert.Empty(wrong.Take(20));
        Assert.True(cluster.Nodes.All(node => node.Agent.IsRunning));
        await cluster.Play("POST N1 instance/switchover/masterSlave → slave, master");
    }

    private static IEnumerable<string> Documented()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(AgentProcess.InRepository("docs/openapi.json")));
        const string root = "/api/pg/";
        return [.. document.RootElement.GetProperty("paths").EnumerateObject().Where(p => p.Name.StartsWith(root, StringComparison.Ordinal)).Select(p => Hole().Replace(p.Name[root.Length..], "{w}"))];
    }

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Hole();

    private static HttpRequestMessage Draw(Random random, Uri agent)
    {
        var method = Pick(random, random.Next(4) == 0 ? Methods : Methods[..4]);
        var path = Fill(random, Pick(random, Paths));
        var query = new List<string>();
        for (var n = random.Next(4); n > 0; n--)
            query.Add($"{Pick(random, Options)}={Pick(random, Words)}");
        var body = random.Next(2) == 0 ? null : Encoding.UTF8.GetBytes(Pick(random, Bodies));
        var changes = method is "POST" or "DELETE" or "PUT";
        if (changes && !path.Contains("walFile/", StringComparison.Ordinal)) // an upload of such a body is no WAL
            (query, body) = Spoil(random, path, query, body);
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"{agent.GetLeftPart(UriPartial.Authority)}/api/pg/{path}{(query.Count > 0 ? "?" + string.Join('&', query) : "")}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (body is not null)
            request.Content = random.Next(2) == 0 ? new ByteArrayContent(body) : new StreamContent(new Unsized(body));
        if (request.Content is { } content && random.Next(2) == 0)
            content.Headers.TryAddWithoutValidation("Content-Type", Pick(random, ["application/json", "application/json; charset=klingon", "multipart/form-data; boundary=x", "multipart/form-data", "text/html", "/"]));
        if (random.Next(8) == 0)
            request.Headers.TryAddWithoutValidation(Pick(random, ["X-Pgha-Operation", "X-Pgha-Cluster", "Range", "If-Match", "Expect", "Accept", "X-HTTP-Method-Override", "Authorization"]), Pick(random, ["x", "bytes=9-1", "bytes=0-18446744073709551616", "*", "100-continue", "DELETE", "Bearer x"]));
        return request;
    }

    /// <summary>A dry run now and then, which is planned in full; else one fault at least.</summary>
    private static (List<string> Query, byte[]? Body) Spoil(Random random, string path, List<string> query, byte[]? body) => random.Next(20) switch
    {
        0 when path.StartsWith("v1/", StringComparison.Ordinal) => (["dryRun=true", .. query.Where(o => !o.StartsWith("dryRun", StringComparison.Ordinal))], body),
        < 12 => ([.. query, string.Create(CultureInfo.InvariantCulture, $"no{random.Next(9)}option={Pick(random, Words)}")], body),
        < 15 => ([.. query, "dryRun=1", "force=2"], body),
        _ => (query.Count > 0 ? [.. query, query[0]] : ["timeout=-1"], Encoding.UTF8.GetBytes("{\"dry_run\":true,\"what\":0}")),
    };

    private static string Fill(Random random, string path)
    {
        foreach (var (hole, from) in ((string, string[])[])[("{w}", Words), ("{f}", Files), ("{n}", ["1", "2", "0", "4294967296", "x"]), ("{h}", ["0", "3000028", "FFFFFFFF", "G", "1FFFFFFFFF"])])
            while (path.IndexOf(hole, StringComparison.Ordinal) is >= 0 and var at)
                path = path[..at] + Uri.EscapeDataString(Pick(random, from)).Replace("%25", "%", StringComparison.Ordinal) + path[(at + hole.Length)..];
        return path;
    }

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];

    /// <summary>Its length is not known before: it is sent in pieces.</summary>
    private sealed class Unsized(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
