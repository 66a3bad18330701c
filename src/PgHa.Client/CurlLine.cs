namespace PgHa.Client;

/// <summary>A call as a line that can be pasted into a shell. The one place where such lines are written.</summary>
public static class CurlLine
{
    /// <summary>The line: the address is one word of the shell whatever is in it, and the token is never in it.</summary>
    /// <param name="method">GET, POST, PUT or DELETE.</param>
    /// <param name="url">The whole address, with its query.</param>
    /// <param name="secured">Calls need a token: <c>$PGHA_TOKEN</c> stands for it.</param>
    /// <param name="more">What else curl is told.</param>
    public static string Of(string method, string url, bool secured, string? more = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        var token = secured ? "-H \"Authorization: Bearer $PGHA_TOKEN\" " : "";
        return $"curl -X {method} {token}{(more is null ? "" : more + " ")}\"{Word(url)}\"";
    }

    /// <summary>What would mean something within the shell's double quotes is percent-encoded.</summary>
    private static string Word(string url) => string.Concat(url.Select(c => c is '"' or '$' or '`' or '\\' or '!' or <= ' ' or > '~' ? Uri.EscapeDataString(c.ToString()) : c.ToString()));
}
