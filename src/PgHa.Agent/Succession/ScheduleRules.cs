using System.Globalization;
using System.Text.RegularExpressions;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>When a scheduled switchover is carried out, and when not any more. Pure.</summary>
internal static partial class ScheduleRules
{
    /// <summary>How long after its time it may still begin. Later nobody expects it.</summary>
    internal static readonly TimeSpan Lateness = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Furthest = TimeSpan.FromDays(30);
    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK"];

    /// <summary>The time that somebody wrote.</summary>
    internal static Answer<DateTimeOffset> ReadTime(string text, DateTimeOffset now)
    {
        var example = now.AddHours(1).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
        if (!Offset().IsMatch(text) || !DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at))
            return new Refusal(Code.Invalid, $"'{text[..Math.Min(text.Length, 40)]}' is not a time with an offset", $"write it as {example}, or with Z for UTC");
        if (at <= now)
            return new Refusal(Code.Invalid, $"{Words(at)} has passed: it is {Words(now)} on this machine", $"give a time in the future, such as {example}; without a time the switchover begins at once");
        return at - now > Furthest ? new Refusal(Code.Invalid, $"{Words(at)} is more than {Furthest.TotalDays:0} days ahead", $"give a time within {Furthest.TotalDays:0} days") : at;
    }

    /// <summary>What is to be done now, by the node that holds the record.</summary>
    /// <param name="wanted">What is scheduled.</param>
    /// <param name="now">The clock of this machine.</param>
    /// <param name="hindered">Why it cannot begin; null: it can.</param>
    internal static ScheduleVerdict Judge(ScheduledSwitchover wanted, DateTimeOffset now, string? hindered) =>
        now < wanted.At ? new(null, $"it is not time yet: {Words(wanted.At)}")
        : now > wanted.At + Lateness ? new(ScheduleFate.Missed, $"it was scheduled for {Words(wanted.At)}, and could not begin within {Lateness.TotalSeconds:0} s{(hindered is null ? "" : $": {hindered}")}")
        : hindered is not null ? new(null, $"it waits: {hindered}") : new(ScheduleFate.TakenUp, $"it was scheduled for {Words(wanted.At)}");

    internal static string Words(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex Offset();
}

/// <summary>What is to be done about it.</summary>
/// <param name="Fate">What becomes of it; null: it waits.</param>
/// <param name="Reason">Why.</param>
internal sealed record ScheduleVerdict(ScheduleFate? Fate, string Reason);
