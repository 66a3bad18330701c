using System.Text.Json.Serialization;

namespace PgHa.Client.Operations;

/// <summary>Why something was not done, and what to do about it. Also the body of every answer that is not a success.</summary>
/// <param name="Code">The contract's code.</param>
/// <param name="Message">What is the matter, naming the node.</param>
/// <param name="Hint">What the operator can do.</param>
public sealed record Refusal(
    Code Code,
    [property: JsonPropertyName("msg")] string Message,
    string Hint)
{
    /// <summary>The words for a token that is missing or wrong.</summary>
    public const string BadCredentials = "bad or missing credentials";

    /// <inheritdoc />
    public override string ToString() => $"{Message} ({Hint})";
}
