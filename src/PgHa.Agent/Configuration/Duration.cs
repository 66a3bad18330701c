using System.Globalization;
using System.Text.RegularExpressions;

namespace PgHa.Agent.Configuration;

/// <summary>A length of time, written as PostgreSQL writes it.</summary>
/// <param name="Time">The length; more than zero.</param>
public sealed partial record Duration(TimeSpan Time)
{
    /// <summary>A whole number with ms, s, min or h behind it, up to a day.</summary>
    internal static Complaint? Parse(string text, out Duration? value)
    {
        value = null;
        if (Pattern().Match(text) is not { Success: true } match || Of(match) is not { } time || time > TimeSpan.FromDays(1))
            return new($"'{text}' is not a time", "write a whole number and ms, s, min or h, such as 8s, up to 24h");
        value = new(time);
        return null;
    }

    private static TimeSpan? Of(Match match)
    {
        var number = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "min" => TimeSpan.FromMinutes(number),
            _ => TimeSpan.FromHours(number),
        };
    }

    [GeneratedRegex(@"\A([1-9][0-9]{0,7}) ?(ms|s|min|h)\z")]
    private static partial Regex Pattern();
}
