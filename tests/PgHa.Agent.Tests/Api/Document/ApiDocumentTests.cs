using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.OpenApi;
using PgHa.Agent.Api.Health;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>docs/openapi.json is what the routes say.</summary>
[Trait("Category", "Fast")]
public partial class ApiDocumentTests
{
    /// <summary>With this variable the document is written anew instead of compared.</summary>
    private const string Writes = "PGHA_WRITE_OPENAPI";

    private static readonly string File = Path.Combine(Sources.Root, "docs", "openapi.json");

    [Fact]
    public void The_document_is_made_from_the_routes_as_they_are()
    {
        var made = ApiDocument.Write();
        if (Environment.GetEnvironmentVariable(Writes) is { Length: > 0 })
            System.IO.File.WriteAllText(File, made);
        var committed = System.IO.File.ReadAllText(File);
        Assert.True(made == committed, $"docs/openapi.json is not what the routes say; scripts/openapi writes it anew. The first difference: {FirstDifference(committed, made)}");
    }

    [Fact]
    public void The_document_is_OpenAPI_without_an_error()
    {
        var read = OpenApiDocument.Parse(Committed(), OpenApiConstants.Json);
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
        Assert.NotEmpty(read.Document!.Paths);
    }

    [Fact]
    public void Every_route_is_in_the_document()
    {
        var calls = Calls();
        foreach (var route in DocumentedCall.Routes())
            foreach (var method in DocumentedCall.MethodsOf(route))
                Assert.True(calls.Any(c => c.Method == method && DocumentedCall.Matches(DocumentedCall.PathOf(route), c.Path)), $"docs/openapi.json has no {method} {DocumentedCall.PathOf(route)}: scripts/openapi");
        foreach (var row in HealthRules.Table)
            Assert.Contains(("GET", row.Path), calls);
    }

    [Fact]
    public void Every_call_in_the_document_is_routed()
    {
        var routes = DocumentedCall.Routes();
        foreach (var (method, path) in Calls())
            Assert.True(HealthRules.Of(path) is not null || routes.Any(r => DocumentedCall.MethodsOf(r).Contains(method) && DocumentedCall.Matches(DocumentedCall.PathOf(r), path)), $"docs/openapi.json names {method} {path}");
    }

    /// <summary>The agent answers what <c>ApiRoutes</c> maps: nothing is mapped beside.</summary>
    [Fact]
    public void All_routes_are_mapped_in_one_place()
    {
        var all = System.IO.File.ReadAllText(Path.Combine(Sources.Agent, "Api", "ApiRoutes.cs"));
        foreach (var file in Sources.Of("src").Where(f => Mapped().IsMatch(System.IO.File.ReadAllText(f))))
            Assert.True(all.Contains($"        {Path.GetFileNameWithoutExtension(file)}.Map(routes);", StringComparison.Ordinal), $"{file} maps routes that ApiRoutes does not know");
    }

    [Fact]
    public void Names_of_calls_are_not_given_twice() =>
        Assert.Empty(new AnswerSchemas(Committed()).Calls.GroupBy(c => c.Operation["operationId"]!.GetValue<string>()).Where(same => same.Count() > 1).Select(same => same.Key));

    [Fact]
    public void Every_example_is_as_its_schema_says()
    {
        var document = JsonNode.Parse(Committed())!;
        var schemas = new AnswerSchemas(Committed());
        var seen = 0;
        foreach (var json in Contents(document))
            foreach (var example in Given(json))
            {
                ++seen;
                Assert.True(schemas.Problem(AnswerSchemas.Closed(json["schema"]!), example) is "", $"{json.GetPath()}: {schemas.Problem(AnswerSchemas.Closed(json["schema"]!), example)}");
            }
        Assert.True(seen > 20, "examples are missing");
    }

    [Fact]
    public void Every_recorded_example_is_shown()
    {
        var operations = new AnswerSchemas(Committed()).Calls.ToDictionary(c => c.Operation["operationId"]!.GetValue<string>(), c => c.Operation);
        foreach (var file in Directory.GetFiles(Examples.Folder))
        {
            var (call, what) = Path.GetFileName(file).Split('.') is [var name, var status, ..] ? (name, status) : ("", "");
            var json = operations.GetValueOrDefault(call)?[what == "body" ? "requestBody" : "responses"];
            Assert.True((what == "body" ? json : json?[what])?["content"]?["application/json"]?["examples"] is not null, $"{file} is of no call, or of no answer that the document shows");
        }
    }

    private static IEnumerable<JsonNode> Given(JsonObject json) => json["examples"]?.AsObject().Select(e => e.Value!["value"]!) ?? [];

    /// <summary>What is sent and answered as JSON, all over the document.</summary>
    private static IEnumerable<JsonObject> Contents(JsonNode? node) => node switch
    {
        JsonObject o => (o["application/json"] is JsonObject { } json && json["schema"] is not null ? [json] : Enumerable.Empty<JsonObject>()).Concat(o.SelectMany(v => Contents(v.Value))),
        JsonArray list => list.SelectMany(Contents),
        _ => [],
    };

    /// <summary>A schema that takes anything would make no test fail.</summary>
    [Theory]
    [InlineData("GET", "/api/pg/v1/instance/all", 200, """{"pg-node01":"primary"}""")]
    [InlineData("GET", "/api/pg/v1/instance/all", 200, "[]")]
    [InlineData("GET", "/api/pg/v1/in_recovery", 200, """{"in_recovery":true}""")]
    [InlineData("GET", "/api/pg/v1/in_recovery", 200, """{"in_recovery":"t","more":1}""")]
    [InlineData("GET", "/api/pg/v1/validLsn/1/0/28", 200, """{"code":9,"msg":"m","cnt":"1"}""")]
    [InlineData("POST", "/api/pg/v1/instance/master", 409, """{"code":4,"msg":"m","hint":"h"}""")]
    [InlineData("POST", "/api/pg/v1/instance/master", 409, """{"code":6,"msg":"m"}""")]
    [InlineData("GET", "/api/pg/v2/operations", 200, """[{"id":"a"}]""")]
    [InlineData("GET", "/api/pg/v2/nothing", 200, "{}")]
    [InlineData("GET", "/api/pg/v2/operations", 201, "[]")]
    public void What_the_document_does_not_say_is_seen(string method, string path, int status, string body) =>
        Assert.NotEqual("", new AnswerSchemas(Committed()).Problem(method, path, status, body));

    private static string Committed() => System.IO.File.ReadAllText(File);

    private static (string Method, string Path)[] Calls() => [.. new AnswerSchemas(Committed()).Calls.Select(c => (c.Method, c.Path))];

    private static string FirstDifference(string committed, string made) => made.Split('\n').Zip(committed.Split('\n').Concat(Enumerable.Repeat("(its end)", made.Length)))
        .Where(l => l.First != l.Second).Select(l => $"committed {l.Second.Trim()}, now {l.First.Trim()}").FirstOrDefault() ?? "it is longer";

    [GeneratedRegex(@"\.Map(?:Get|Post|Put|Delete|Patch|Methods|Group)\(|\.Map\(""")]
    private static partial Regex Mapped();
}
