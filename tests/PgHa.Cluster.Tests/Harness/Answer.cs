using System.Text.Json;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>What an agent answered. Code, message and hint are those of a refusal or failure, else null.</summary>
internal sealed record Answer(string Call, int Status, string Body, Uri? Location, TimeSpan Elapsed)
{
    public int? Code => Field("code") is { ValueKind: JsonValueKind.Number } code ? code.GetInt32() : null;

    public string? Message => Field("msg")?.GetString();

    /// <summary>What was overridden by force, from the header.</summary>
    public string Forced { get; init; } = "";

    /// <summary>That it is the outcome of an earlier call, from the header.</summary>
    public string Repeated { get; init; } = "";

    /// <summary>What is better called the next time, from the header.</summary>
    public string Suggested { get; init; } = "";

    public string? Hint => Field("hint")?.GetString();

    public JsonElement? Field(string name) =>
        Json() is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty(name, out var value) ? value : null;

    /// <summary>The state this answer gives for a node.</summary>
    public string? State(TestNode node) => Field(node.Name)?.GetString();

    public override string ToString() => $"{Call} → {Status} {Body} ({Elapsed.TotalMilliseconds:0} ms)";

    private JsonElement? Json()
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(Body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
