using System.Globalization;
using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// One line of a script:
/// <code>
/// POST N1 instance/master → single, inactive      the states afterwards, in the answer and seen from every agent
/// POST N1 instance/master → eventually master, slave   200 at once, these states seen from every agent soon after
/// POST N2 instance/master → refused 409, code 6   with a message and a hint
/// insert                                          rows on the writable node
/// timeline unchanged | timeline + 1               compared with the last insert
/// </code>
/// </summary>
internal abstract partial record Step
{
    public sealed record Call(HttpMethod Method, int Node, string Path, string[] States) : Step;

    public sealed record EventualCall(HttpMethod Method, int Node, string Path, string[] States) : Step;

    public sealed record RefusedCall(HttpMethod Method, int Node, string Path, int Status, int Code) : Step;

    public sealed record Insert : Step;

    public sealed record Timeline(int Difference) : Step;

    public static IEnumerable<Step> Parse(string script) =>
        script.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ParseLine);

    private static Step ParseLine(string line) => line switch
    {
        "insert" => new Insert(),
        "timeline unchanged" => new Timeline(0),
        "timeline + 1" => new Timeline(1),
        _ when RefusedPattern().Match(line) is { Success: true } match =>
            new RefusedCall(new(match.Groups[1].Value), Number(match, 2), match.Groups[3].Value, Number(match, 4), Number(match, 5)),
        _ when EventualPattern().Match(line) is { Success: true } match =>
            new EventualCall(new(match.Groups[1].Value), Number(match, 2), match.Groups[3].Value, match.Groups[4].Value.Split(", ")),
        _ when CallPattern().Match(line) is { Success: true } match =>
            new Call(new(match.Groups[1].Value), Number(match, 2), match.Groups[3].Value, match.Groups[4].Value.Split(", ")),
        _ => throw new FormatException($"Not a step: {line}"),
    };

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^([A-Z]+) +N(\d) +(\S+) +→ +refused (\d+), code (\d+)$")]
    private static partial Regex RefusedPattern();

    [GeneratedRegex(@"^([A-Z]+) +N(\d) +(\S+) +→ +eventually ([a-z]+(?:, [a-z]+)*)$")]
    private static partial Regex EventualPattern();

    [GeneratedRegex(@"^([A-Z]+) +N(\d) +(\S+) +→ +([a-z]+(?:, [a-z]+)*)$")]
    private static partial Regex CallPattern();
}
