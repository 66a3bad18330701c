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
    public static Complaint? YesNo(string text, out string? value)
    {
        value = text is "true" or "false" ? text : null;
        return value is null ? new($"'{text}' is neither true nor false", "use true or false") : null;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,62}\z")]
    private static partial Regex LabelPattern();
}
