using System.Text.Json.Nodes;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>The body of a change in native words: of the fields of its type, those that the table of requests has for this call, and those that all have.</summary>
internal static class NativeBody
{
    private static readonly string[] Common = ["dry_run", "stepwise", "force", "reason"];

    /// <summary>What is only tried: the plan is answered.</summary>
    public static JsonObject Example(DocumentedCall call) => new([
        .. call.Fields!.Where(f => f.Needed).Select(f => KeyValuePair.Create(f.Name, (JsonNode?)(f.Values?[0] ?? Parameters.Free(f)))),
        KeyValuePair.Create("dry_run", (JsonNode?)true)]);

    /// <param name="call">The call.</param>
    /// <param name="type">The schema of the whole type.</param>
    public static JsonObject Of(DocumentedCall call, JsonNode type)
    {
        var properties = new JsonObject();
        foreach (var field in call.Fields!)
        {
            var schema = Parameters.Schema(field);
            schema["description"] = type["properties"]![field.Name]!["description"]!.DeepClone();
            properties[field.Name] = schema;
        }
        foreach (var name in call.Path.EndsWith("/switchover", StringComparison.Ordinal) ? [.. Common, "at"] : Common)
            properties[name] = type["properties"]![name]!.DeepClone();
        var body = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        if (call.Fields.Where(f => f.Needed).Select(f => JsonValue.Create(f.Name)).ToArray() is { Length: > 0 } needed)
            body["required"] = new JsonArray([.. needed]);
        return body;
    }
}
