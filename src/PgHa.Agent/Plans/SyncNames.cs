using System.Globalization;
using System.Text.RegularExpressions;

namespace PgHa.Agent.Plans;

/// <summary>How many of the named standbys a commit waits for.</summary>
public enum SyncMethod
{
    /// <summary>The first that are attached, in the order named.</summary>
    First,

    /// <summary>Any of them.</summary>
    Any,
}

/// <summary>
/// <c>synchronous_standby_names</c>, as PostgreSQL's <c>syncrep_gram.y</c> reads it: a list, <c>N (list)</c>, <c>FIRST N (list)</c> or
/// <c>ANY N (list)</c>; <c>*</c> is any standby. Names are compared without case. Immutable.
/// </summary>
/// <param name="Method">First or any.</param>
/// <param name="Count">How many a commit waits for.</param>
/// <param name="Names">The application names.</param>
public sealed partial record SyncNames(SyncMethod Method, int Count, IReadOnlyList<string> Names)
{
    private const string Anyone = "*";

    /// <summary>The setting; null where the text is not of that form.</summary>
    public static SyncNames? Parse(string text)
    {
        if (Form().Match(text) is not { Success: true } match)
            return null;
        var method = match.Groups["method"].Value.Equals("any", StringComparison.OrdinalIgnoreCase) ? SyncMethod.Any : SyncMethod.First;
        var count = 1;
        if (match.Groups["count"] is { Success: true } given && !int.TryParse(given.Value, NumberStyles.None, CultureInfo.InvariantCulture, out count))
            return null;
        return new(method, count, [.. match.Groups["name"].Captures.Select(c => Unquote(c.Value))]);
    }

    /// <summary>Whether it names a standby itself (not by <c>*</c>).</summary>
    public bool Mentions(string standby) => Names.Any(n => Same(n, standby));

    /// <summary>The same for the new primary: its own place goes to the old one, or falls away where that is named already or not known.</summary>
    public SyncNames Turn(string newPrimary, string? oldPrimary)
    {
        var other = oldPrimary is null || Mentions(oldPrimary) ? null : oldPrimary;
        return this with { Names = [.. Names.Select(n => Same(n, newPrimary) ? other : n).OfType<string>()] };
    }

    /// <summary>The same with the old primary in the place of a name that the new one had, beside it where others have that name, too.</summary>
    internal SyncNames Replace(string name, string? oldPrimary, bool shared)
    {
        string[] places = [.. shared ? [name] : Array.Empty<string>(), .. oldPrimary is null || Mentions(oldPrimary) ? Array.Empty<string>() : [oldPrimary]];
        return this with { Names = [.. Names.TakeWhile(n => !Same(n, name)), .. places, .. Names.SkipWhile(n => !Same(n, name)).Where(n => !Same(n, name))] };
    }

    /// <summary>Whether a commit would not wait for ever with these standbys attached.</summary>
    public bool IsSatisfiedBy(IReadOnlyCollection<string> attached) =>
        attached.Count(a => Names.Any(n => n == Anyone || Same(n, a))) >= Count;

    /// <inheritdoc />
    public override string ToString()
    {
        var list = string.Join(", ", Names.Select(Quote));
        return string.Create(CultureInfo.InvariantCulture, $"{(Method == SyncMethod.Any ? "ANY" : "FIRST")} {Count} ({list})");
    }

    /// <summary>Compared by what they say.</summary>
    public bool Equals(SyncNames? other) => other?.ToString() == ToString();

    /// <inheritdoc />
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    internal static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    private static string Quote(string name) => name == Anyone ? name : "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private static string Unquote(string name) => name.StartsWith('"') ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name;

    private const string Name = """(?<name>\*|[0-9]+|[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*|"(?:[^"]|"")+")""";
    private const string List = Name + @"(?:\s*,\s*" + Name + ")*";

    [GeneratedRegex(@"\A\s*(?:(?:(?<method>any|first)\s+)?(?<count>[1-9][0-9]{0,8})\s*\(\s*" + List + @"\s*\)|" + List + @")\s*\z", RegexOptions.IgnoreCase)]
    private static partial Regex Form();
}
