namespace PgHa.Formats;

/// <summary>
/// A history file that only reserves a timeline's number: comments, and no ancestor. PostgreSQL counts the file when it chooses the number of a new timeline, and never follows
/// it (fact 55).
/// </summary>
public static class TimelineReservation
{
    private const string Mark = "# pgha: ";

    /// <summary>The content of the file.</summary>
    /// <param name="timeline">The number that it reserves.</param>
    public static string Of(TimelineId timeline) => $"{Mark}timeline {timeline} is reserved: another node may have made it, and this one has never seen it\n";

    /// <summary>Whether a history file only reserves its number.</summary>
    /// <param name="text">The whole file.</param>
    public static bool IsOne(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(Mark, StringComparison.Ordinal) && text.EndsWith('\n') && text.Split('\n').All(line => line.Length == 0 || line[0] == '#');
    }
}
