using System.Globalization;
using System.Text.RegularExpressions;

namespace PgHa.Agent.Configuration;

/// <summary>The simple forms a value can have. Pure. Complaints about paths do not repeat them: somebody may have pasted a token.</summary>
internal static partial class Forms
{
    /// <summary>Any text.</summary>
    public static Complaint? Text(string text, out string? value)
    {
        value = text;
        return null;
    }

    /// <summary>A name that fits into a host name, a URL's path and an application_name (63 bytes in PostgreSQL).</summary>
    public static Complaint? Label(string text, out string? value)
    {
        value = LabelPattern().IsMatch(text) ? text : null;
        return value is null
            ? new($"'{text}' is not a name", "use 1 to 63 letters, digits, '.', '_' and '-', the first a letter or digit")
            : null;
    }

    /// <summary>An absolute path; '..' and a final '/' are resolved, links are not.</summary>
    public static Complaint? FilePath(string text, out string? value)
    {
        value = null;
        if (text.AsSpan().ContainsAny("\"$`\\\n"))
            return new("a path with one of \" $ ` \\ in it", "pg_ctl hands paths to a shell; choose a plain name");
        value = text.StartsWith('/') ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(text)) : null;
        return value is null ? new("not an absolute path", "write it from the root, such as /etc/pgha/pgha.yml") : null;
    }

    /// <summary>A whole number of seconds up to an hour; 0 for never.</summary>
    public static Complaint? Seconds(string text, out string? value)
    {
        value = int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds <= 3600 ? text : null;
        return value is null ? new($"'{text}' is not a number of seconds", "use 0 to 3600") : null;
    }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public static readonly Form<string> YesNo = OneOf("neither true nor false", "use true or false", "true", "false");

    /// <summary><c>standby</c> or <c>never</c>.</summary>
    public static readonly Form<string> StandbyOrNever =
        OneOf("neither standby nor never", "use standby or never; a primary is only started by a call", "standby", "never");

    /// <summary><c>open</c> or <c>owner</c>.</summary>
    public static readonly Form<string> OpenOrOwner =
        OneOf("neither open nor owner", "use open (whoever is logged in to this machine may call) or owner (only the agent's user and root)", "open", "owner");

    /// <summary><c>text</c> or <c>json</c>.</summary>
    public static readonly Form<string> LogForm = OneOf("no form of the log", "use text or json", "text", "json");

    private static Form<string> OneOf(string isNot, string hint, params string[] words) => (string text, out string? value) =>
    {
        value = words.Contains(text) ? text : null;
        return value is null ? new($"'{text}' is {isNot}", hint) : null;
    };

    /// <summary>One of these words.</summary>
    public static Form<string> OneOf(params string[] words) => (text, out value) =>
    {
        value = words.Contains(text) ? text : null;
        return value is null ? new($"'{text}' is none of {string.Join(", ", words)}", $"use {string.Join(" or ", words)}") : null;
    };

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static Form<string> Number(int least, int most) => (text, out value) =>
    {
        var isOne = int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= least && number <= most;
        value = isOne ? text : null;
        return isOne ? null : new($"'{text}' is not a whole number from {least} to {most}", $"use {least} to {most}");
    };

    /// <summary>A host name or address, without a port.</summary>
    public static Complaint? Host(string text, out string? value)
    {
        value = Uri.CheckHostName(text.Trim('[', ']')) != UriHostNameType.Unknown && !UrlForm.IsAnyAddress(text.Trim('[', ']')) ? text : null;
        return value is null ? new($"'{text}' is not a host", "write a host name or an address, without a port") : null;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,62}\z")]
    private static partial Regex LabelPattern();
}

/// <summary>A number of bytes, written as PostgreSQL writes it.</summary>
/// <param name="Bytes">The number.</param>
public sealed partial record ByteSize(ulong Bytes)
{
    private static readonly string[] Units = ["kB", "MB", "GB", "TB"];

    /// <summary>A whole number with kB, MB, GB or TB behind it.</summary>
    internal static Complaint? Parse(string text, out ByteSize? value)
    {
        value = null;
        if (Pattern().Match(text) is not { Success: true } match)
            return new($"'{text}' is not a size", "write a whole number and kB, MB, GB or TB, such as 10GB");
        value = new(ulong.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) << (10 * (Array.IndexOf(Units, match.Groups[2].Value) + 1)));
        return null;
    }

    [GeneratedRegex(@"\A([1-9][0-9]{0,5}) ?(kB|MB|GB|TB)\z")]
    private static partial Regex Pattern();
}
