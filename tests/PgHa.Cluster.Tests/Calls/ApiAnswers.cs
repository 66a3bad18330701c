using System.Text.Json;
using PgHa.Agent.Tests.Api.Document;

namespace PgHa.Cluster.Tests.Calls;

/// <summary>
/// Compares answers of agents with docs/openapi.json. Where PGHA_WRITE_EXAMPLES names a folder, they are written there as the document's examples, with the places of an ordinary machine in them.
/// </summary>
/// <param name="cluster">The cluster that answers.</param>
internal sealed class ApiAnswers(TestCluster cluster)
{
    private static readonly AnswerSchemas Document = new(File.ReadAllText(Committed));
    private static readonly JsonSerializerOptions Form = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document.</summary>
    public static string Committed => Path.Combine(Root(AppContext.BaseDirectory), "docs", "openapi.json");

    /// <summary>The calls of the document.</summary>
    public static IEnumerable<(string Method, string Path, System.Text.Json.Nodes.JsonObject Operation)> Calls => Document.Calls;

    /// <summary>The answer to a call has this status, and is what the document says.</summary>
    /// <param name="node">The called node.</param>
    /// <param name="status">The status.</param>
    /// <param name="call">Method and path below <c>/api/pg</c>.</param>
    /// <param name="body">A body.</param>
    /// <param name="example">What the example is called where a call has several; null: it is none, and not written.</param>
    public async Task<Answer> Of(TestNode node, int status, string call, string? body = null, string? example = "answer")
    {
        var (method, path) = call.Split(' ', 2) is [var m, var p] ? (m, p) : ("GET", call);
        var answer = await node.Api.Send(new HttpMethod(method), $"../{path}", body);
        Assert.True(answer.Status == status, answer.ToString());
        var problem = Document.Problem(method, "/api/pg/" + path.Split('?')[0], status, answer.Body);
        Assert.True(problem.Length == 0, $"{problem}\n{answer}");
        if (example is not null && answer.Body is not ("" or "[]"))
            Keep(Document.Name(method, "/api/pg/" + path.Split('?')[0]), example == "answer" ? $"{status}" : $"{status}.{example}", answer.Body);
        if (example is not null && body is not null && !path.StartsWith("v2/cluster/", StringComparison.Ordinal)) // their example only tries
            Keep(Document.Name(method, "/api/pg/" + path.Split('?')[0]), "body", body);
        return answer;
    }

    private void Keep(string name, string what, string json)
    {
        if (Environment.GetEnvironmentVariable("PGHA_WRITE_EXAMPLES") is { Length: > 0 } folder)
            File.WriteAllText(Path.Combine(folder, $"{name}.{what}.json"), JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(Ordinary(json)), Form) + "\n");
    }

    private string Ordinary(string json)
    {
        foreach (var node in cluster.Nodes)
            json = json.Replace(node.In("data"), "/var/lib/postgresql/15/main", StringComparison.Ordinal)
                .Replace(node.Folder, "/var/lib/pgha", StringComparison.Ordinal).Replace($":{node.AgentUrl.Port}", ":8079", StringComparison.Ordinal).Replace($":{node.Postgres.Port}", ":5432", StringComparison.Ordinal);
        return json;
    }

    private static string Root(string folder) => File.Exists(Path.Combine(folder, "PgHa.slnx")) ? folder : Root(Path.GetDirectoryName(folder)!);
}
