using System.Text.Json.Nodes;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>
/// Answers of real agents, one file each in tests/PgHa.Agent.Tests/Api/Document/Examples: CALL.STATUS.json, or CALL.STATUS.NAME.json. <c>scripts/openapi --examples</c> records them.
/// What a body may say is CALL.body.json.
/// </summary>
internal static class Examples
{
    public static string Folder { get; } = Path.Combine(Sources.Root, "tests", "PgHa.Agent.Tests", "Api", "Document", "Examples");

    public static JsonNode? OfBody(DocumentedCall call) => Path.Combine(Folder, call.Id + ".body.json") is var file && File.Exists(file) ? JsonNode.Parse(File.ReadAllText(file)) : null;

    public static JsonObject? Of(DocumentedCall call, int status) => Named($"{call.Id}.{status}");

    public static JsonObject? OfRefusal(DocumentedCall call, string status) => Named($"{call.Id}.{status}");

    private static JsonObject? Named(string prefix)
    {
        var files = Directory.GetFiles(Folder, prefix + ".*json").Where(f => Path.GetFileName(f).Split('.').Length is 3 or 4).Order(StringComparer.Ordinal).ToArray();
        return files.Length == 0 ? null : new(files.Select(f => KeyValuePair.Create(
            Path.GetFileName(f).Split('.') is [_, _, var name, "json"] ? name : "answer",
            (JsonNode?)new JsonObject { ["value"] = JsonNode.Parse(File.ReadAllText(f)) })));
    }
}
