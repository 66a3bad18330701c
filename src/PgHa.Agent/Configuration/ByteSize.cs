using System.Globalization;
using System.Text.RegularExpressions;

namespace PgHa.Agent.Configuration;

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
