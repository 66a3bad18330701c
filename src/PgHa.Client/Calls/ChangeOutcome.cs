using System.Net.Http.Headers;

namespace PgHa.Client.Calls;

/// <summary>What came of a change in the specification's words.</summary>
/// <param name="States">The states of the nodes afterwards.</param>
public sealed record ChangeOutcome(IReadOnlyDictionary<string, string> States)
{
    /// <summary>Where its operation is (<c>/api/pg/v2/operations/ID</c>).</summary>
    public string? Operation { get; init; }

    /// <summary>What the operator's force answered for; null where nothing had to be.</summary>
    public string? Forced { get; init; }

    /// <summary>The slots that are not safe on the new primary; null where all are.</summary>
    public string? NotCarried { get; init; }

    /// <summary>It is the outcome of an earlier call, and nothing was done again; null where it is this one's.</summary>
    public string? Repeated { get; init; }

    /// <summary>What the same call again would do; null where there is nothing to say.</summary>
    public string? Hint { get; init; }

    internal static ChangeOutcome Of(IReadOnlyDictionary<string, string> states, HttpResponseHeaders headers) => new(states)
    {
        Operation = headers.Location?.OriginalString,
        Forced = Text(headers, Routes.ForcedHeader),
        NotCarried = Text(headers, Routes.SlotsHeader),
        Repeated = Text(headers, Routes.RepeatedHeader),
        Hint = Text(headers, Routes.HintHeader),
    };

    private static string? Text(HttpResponseHeaders headers, string name) => headers.TryGetValues(name, out var values) ? string.Join("; ", values) : null;
}
