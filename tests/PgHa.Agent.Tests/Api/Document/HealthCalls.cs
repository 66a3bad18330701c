using System.Text.Json.Nodes;
using PgHa.Agent.Api.Health;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>The health checks. They are no routes: their table is <see cref="HealthRules"/>.</summary>
internal static class HealthCalls
{
    public static JsonObject Operation(HealthRow row) => new()
    {
        ["tags"] = new JsonArray(Tags.Health),
        ["operationId"] = "health" + string.Concat(row.Path.Trim('/').Split('-', '_').Where(w => w.Length > 0).Select(w => char.ToUpperInvariant(w[0]) + w[1..])) + (row.Path.Contains('_', StringComparison.Ordinal) ? "2" : ""),
        ["summary"] = row.When,
        ["description"] = "200 then, else 503. Needs no token (docs/health.md).",
        ["parameters"] = new JsonArray(
            Query("lag", "the most that may not have been replayed yet: bytes, or 16kB, 10MB, 1GB"),
            Query("mode", "with readiness: `apply`, or `write` to count what was received")),
        ["responses"] = new JsonObject
        {
            ["200"] = Answer("It is so."),
            ["503"] = Answer("It is not so, or not known."),
            ["400"] = new JsonObject { ["$ref"] = "#/components/responses/Invalid" },
        },
        ["security"] = new JsonArray(),
    };

    private static JsonObject Query(string name, string text) => new() { ["name"] = name, ["in"] = "query", ["description"] = text, ["schema"] = new JsonObject { ["type"] = "string" } };

    private static JsonObject Answer(string text) => new()
    {
        ["description"] = text,
        ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Schemas.Ref("HealthAnswer") } },
    };
}
