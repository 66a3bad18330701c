using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace PgHa.Agent.Tests.Api.Document;

/// <summary>The schemas of answers in docs/openapi.json, for comparison with what agents answer. Here a record has no fields but those that the document names.</summary>
/// <param name="text">The document.</param>
internal sealed class AnswerSchemas(string text)
{
    private readonly JsonObject _document = Closed(JsonNode.Parse(text)!).AsObject();
    private readonly Dictionary<string, JsonSchema> _made = [];

    /// <summary>The calls of the document, with what they are.</summary>
    public IEnumerable<(string Method, string Path, JsonObject Operation)> Calls =>
        _document["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject().Select(m => (m.Key.ToUpperInvariant(), p.Key, m.Value!.AsObject())));

    /// <summary>What is wrong with an answer; empty: nothing.</summary>
    /// <param name="method">The method of the call.</param>
    /// <param name="path">Its path, without options.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The JSON that was answered.</param>
    public string Problem(string method, string path, int status, string body)
    {
        if (Find(method, path) is not { } found)
            return $"the document has no {method} {path}";
        var responses = found.Operation["responses"]!.AsObject();
        var response = responses[$"{status}"] ?? (status >= 400 ? responses["default"] : null);
        if (response?["$ref"]?.GetValue<string>() is { } reference)
            response = _document["components"]!["responses"]![reference.Split('/')[^1]];
        if (response is null)
            return $"the document has no answer {status} to {method} {found.Path}";
        if (response["content"]?["application/json"]?["schema"] is not { } schema)
            return body.Length == 0 ? "" : $"the document has no JSON for {status} to {method} {found.Path}";
        return Problem(schema, JsonNode.Parse(body));
    }

    /// <summary>The name of a call in the document.</summary>
    public string Name(string method, string path) => Find(method, path)!.Value.Operation["operationId"]!.GetValue<string>();

    private (string Path, JsonObject Operation)? Find(string method, string path) =>
        Calls.Where(c => c.Method == method && Fits(c.Path, path)).OrderBy(c => c.Path.Count(l => l == '{')).Select(c => ((string, JsonObject)?)(c.Path, c.Operation)).FirstOrDefault();

    /// <summary>What is wrong with a value by a schema of the document; empty: nothing.</summary>
    public string Problem(JsonNode schema, JsonNode? value)
    {
        using var json = JsonDocument.Parse(value?.ToJsonString() ?? "null");
        var seen = Made(schema).Evaluate(json.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return seen.IsValid ? "" : string.Join("; ", (seen.Details ?? []).Where(d => d.Errors is not null).SelectMany(d => d.Errors!.Select(e => $"{d.InstanceLocation}: {e.Value}")).Take(5));
    }

    private JsonSchema Made(JsonNode schema)
    {
        var key = schema.ToJsonString();
        if (_made.TryGetValue(key, out var known))
            return known;
        var whole = schema.DeepClone().AsObject();
        whole["$defs"] = _document["components"]!["schemas"]!.DeepClone();
        return _made[key] = JsonSchema.FromText(whole.ToJsonString());
    }

    private static bool Fits(string template, string path) => (template.Split('/'), path.Split('/')) is var (t, p) && t.Length == p.Length && t.Zip(p).All(s => s.First == s.Second || s.First.StartsWith('{'));

    /// <summary>The same where a record has no fields but those that are named, and references lead to where schemas are kept here.</summary>
    public static JsonNode Closed(JsonNode schema)
    {
        var copy = JsonNode.Parse(schema.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal))!;
        Close(copy);
        return copy;
    }

    private static void Close(JsonNode? node)
    {
        if (node is JsonArray list)
            foreach (var each in list)
                Close(each);
        if (node is not JsonObject record)
            return;
        foreach (var (_, value) in record)
            Close(value);
        if (record["properties"] is JsonObject && record["type"]?.ToJsonString() == "\"object\"")
            record["additionalProperties"] = false;
    }
}
