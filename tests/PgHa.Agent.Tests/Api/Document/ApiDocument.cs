using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PgHa.Agent.Api;
using PgHa.Agent.Api.Health;
using PgHa.Agent.Security;
using PgHa.Client;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>The document of the API (OpenAPI 3.1), from the routes that the agent has and the contracts by which it reads and writes.</summary>
internal sealed class ApiDocument
{
    private static readonly JsonSerializerOptions Form = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Schemas _schemas = new();

    /// <summary>The whole document, as it is committed.</summary>
    public static string Write() => new ApiDocument().Make().ToJsonString(Form) + "\n";

    private JsonObject Make()
    {
        var paths = new JsonObject();
        foreach (var call in DocumentedCall.All)
            Path(paths, call.Path)[call.Method.ToLowerInvariant()] = Operation(call);
        foreach (var row in HealthRules.Table)
            Path(paths, row.Path)["get"] = HealthCalls.Operation(row);
        var responses = Refusals.All();
        _schemas.Of(WireJson.Default.Refusal);
        _schemas.Of(HealthJson.Default.HealthAnswer);
        return new()
        {
            ["openapi"] = "3.1.1",
            ["info"] = Info(),
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/", ["description"] = "the called agent" }),
            ["tags"] = new JsonArray([.. Tags.All.Select(t => new JsonObject { ["name"] = t.Name, ["description"] = t.Text })]),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = _schemas.Named,
                ["responses"] = responses,
                ["headers"] = Headers.All(),
                ["securitySchemes"] = new JsonObject
                {
                    ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "Where security.token_file is configured; the role that a call needs stands with it (docs/security.md)." },
                },
            },
        };
    }

    private static JsonObject Info() => new()
    {
        ["title"] = "pgha",
        ["version"] = "2",
        ["summary"] = "High availability for PostgreSQL that proves before it acts.",
        ["description"] = "One agent runs beside each PostgreSQL instance. `/api/pg/v1` has the specification's calls, `/api/pg/v2` the native ones; those below `v2/node` are what agents ask of each other. "
            + "Anything refused has changed nothing: the answer says why, and what to do. `?pretty` indents any answer to GET. Of a field that is not required \"null: …\" says what it means if it is left out.",
        ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
    };

    private static JsonObject Path(JsonObject paths, string path)
    {
        if (paths[path] is not JsonObject known)
            paths[path] = known = [];
        return known;
    }

    private JsonObject Operation(DocumentedCall call)
    {
        var need = AccessGuard.Of(call.Route, call.Method).Need;
        var operation = new JsonObject { ["tags"] = new JsonArray(Tags.Of(call)), ["operationId"] = call.Id, ["summary"] = call.Summary };
        operation["description"] = string.Join("\n\n", new[] { Words.OfCall(call.Method, call.Path), call.Forms.Count == 0 ? null : string.Join('\n', call.Forms.Select(f => "- " + f)), Access(need) }.OfType<string>());
        if (Parameters.Of(call) is { Count: > 0 } parameters)
            operation["parameters"] = parameters;
        if (Body(call) is { } body)
            operation["requestBody"] = body;
        operation["responses"] = Responses(call, need);
        operation["security"] = need == AccessNeed.Nothing ? [] : new JsonArray(new JsonObject { ["token"] = new JsonArray(Role(need)) });
        return operation;
    }

    private static string Access(AccessNeed need) => need == AccessNeed.Nothing ? "Needs no token." : $"Needs the role {AccessRules.Enough(need)}.";

    private static string Role(AccessNeed need) => AccessRules.Enough(need).Split(',')[0];

    private JsonObject? Body(DocumentedCall call)
    {
        if (call.Route.Metadata.GetMetadata<Takes>() is not { Body: true } takes)
            return null;
        if (takes.BodyType is null)
            return new() { ["required"] = true, ["description"] = "The file: raw, or as the only part of a form.", ["content"] = new JsonObject { ["application/octet-stream"] = new JsonObject(), ["multipart/form-data"] = new JsonObject { ["schema"] = Upload() } } };
        var schema = _schemas.Of(takes.BodyType, isBody: true);
        var content = new JsonObject { ["schema"] = call.Fields is null ? schema : NativeBody.Of(call, _schemas.Named[schema["$ref"]!.GetValue<string>().Split('/')[^1]]!) };
        if ((call.Fields is null ? Examples.OfBody(call) : NativeBody.Example(call)) is { } example)
            content["examples"] = new JsonObject { [call.Fields is null ? "example" : "plan"] = new JsonObject { ["value"] = example } };
        return new() { ["required"] = call.Fields is null, ["content"] = new JsonObject { ["application/json"] = content } };
    }

    private static JsonObject Upload() => new() { ["type"] = "object", ["properties"] = new JsonObject { ["data"] = new JsonObject { ["type"] = "string", ["contentMediaType"] = "application/octet-stream" } } };

    private JsonObject Responses(DocumentedCall call, AccessNeed need)
    {
        var responses = new JsonObject();
        foreach (var status in Given(call).GroupBy(g => g.Status))
            responses[$"{status.Key}"] = Response(call, status.Key, [.. status]);
        foreach (var (status, name) in Refusals.Of(call, need))
            responses[status] = Examples.OfRefusal(call, status) is { } examples ? Refusals.WithExamples(name, examples) : new JsonObject { ["$ref"] = "#/components/responses/" + name };
        return responses;
    }

    private static IEnumerable<Gives> Given(DocumentedCall call) => call.Route.Metadata.OfType<Gives>()
        .Concat(call.Route.Metadata.GetMetadata<SendsBytes>() is null || call.Route.Metadata.OfType<Gives>().Any() ? [] : [new Gives(200, null, "application/octet-stream")])
        .Where(g => call.Table != CallTable.NativeRequests || g.Type != WireJson.Default.ScheduledSwitchover || call.Path.EndsWith("/switchover", StringComparison.Ordinal))
        .DefaultIfEmpty().Select(g => g ?? throw new InvalidOperationException($"{call.Route.DisplayName} does not say what it gives"));

    private JsonObject Response(DocumentedCall call, int status, Gives[] given)
    {
        var response = new JsonObject { ["description"] = Described(call, status, given) };
        if (Headers.Of(call, status) is { Count: > 0 } headers)
            response["headers"] = headers;
        var content = new JsonObject();
        var schemas = given.Where(g => g.Type is not null).Select(g => g.Type == WireJson.Default.DictionaryStringString ? Parameters.States() : _schemas.Of(g.Type!)).DistinctBy(s => s.ToJsonString()).ToArray();
        if (schemas.Length > 0)
            content["application/json"] = new JsonObject { ["schema"] = schemas.Length == 1 ? schemas[0] : new JsonObject { ["anyOf"] = new JsonArray(schemas) } };
        if (Examples.Of(call, status) is { } examples)
            content["application/json"]!["examples"] = examples;
        foreach (var file in given.Where(g => g.MediaType is not null))
            content[file.MediaType!.Split(';')[0]] = new JsonObject();
        if (content.Count > 0 && call.Method != "HEAD")
            response["content"] = content;
        return response;
    }

    private static string Described(DocumentedCall call, int status, Gives[] given) => status switch
    {
        204 => "Done.",
        202 => given.Length > 1 ? "Begun: the operation; or what was scheduled." : "Begun: the operation. It goes on.",
        _ when call.Table == CallTable.Requests => "Done: the states of all nodes. With `dryRun=true` the plan.",
        _ when call.Table == CallTable.NativeRequests => "With `dry_run` the plan.",
        _ => "Done.",
    };
}
