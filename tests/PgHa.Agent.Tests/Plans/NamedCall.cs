using System.Text.RegularExpressions;

namespace PgHa.Agent.Tests.Plans;

/// <summary>A call that the hint of a refusal names.</summary>
/// <param name="Method">POST or DELETE.</param>
/// <param name="Node">The node whose agent it is made on.</param>
/// <param name="Path">Below <c>/api/pg/v1/</c>, without force.</param>
/// <param name="Force">With <c>force=true</c>.</param>
internal sealed partial record NamedCall(string Method, string Node, string Path, bool Force)
{
    /// <summary>
    /// The calls in a hint. A call is made on the node that is named after it (<c>on NODE</c>), else on the one that was named last before it.
    /// Options without a call (<c>?to=NODE</c>, <c>force=true</c>) and "repeat the call" mean the call that was refused.
    /// </summary>
    /// <param name="refused">The call that was refused.</param>
    /// <param name="message">The refusal's message.</param>
    /// <param name="hint">The refusal's hint.</param>
    internal static IReadOnlyList<NamedCall> In(NamedCall refused, string message, string hint)
    {
        var calls = new List<NamedCall>();
        foreach (Match m in Calls().Matches(hint))
        {
            var (method, path, node) = (m.Groups["method"].Value, m.Groups["path"].Value, m.Groups["node"].Value);
            if (node.Length == 0)
                node = Nodes().Matches(message + " " + hint[..m.Index]).LastOrDefault()?.Value ?? refused.Node;
            if (method.Length > 0)
                calls.Add(With(new(method, node, path, false), m.Groups["query"].Value));
            else if (m.Groups["query"].Value.StartsWith("?rejoin", StringComparison.Ordinal))
                calls.Add(With(calls[^1] with { Path = calls[^1].Path.Split('?')[0] }, m.Groups["query"].Value));
            else
                calls.Add(With(refused, m.Groups["query"].Value));
        }
        return calls;
    }

    /// <summary>The call as it is sent.</summary>
    internal string Target => Force ? Path + (Path.Contains('?', StringComparison.Ordinal) ? '&' : '?') + "force=true" : Path;

    /// <summary>An option takes the place of one of the same name.</summary>
    private static NamedCall With(NamedCall call, string query)
    {
        foreach (var option in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
            call = option == "force=true" ? call with { Force = true } : call with { Path = Replaced(call.Path.Split('?'), option) };
        return call;
    }

    private static string Replaced(string[] path, string option)
    {
        var others = path.Length == 1 ? [] : path[1].Split('&').Where(o => o.Split('=')[0] != option.Split('=')[0]);
        return $"{path[0]}?{string.Join('&', others.Append(option))}";
    }

    [GeneratedRegex(@"(?<method>POST|DELETE) (?<path>[a-z]+/[A-Za-z/]+)(?<query>\?[A-Za-z=&0-9-]+)?(?: on (?<node>(?:pg-node|n)\d+))?|(?<query>\?(?:to|rejoin)=[A-Za-z0-9-]+|(?<![&?])force=true)|repeat the call")]
    private static partial Regex Calls();

    [GeneratedRegex(@"\b(?:pg-node|n)\d+\b")]
    private static partial Regex Nodes();
}
