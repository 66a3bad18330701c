using System.Globalization;

namespace PgHa.Formats;

/// <summary>The lineage of a timeline (access/timeline.c): its ancestors and the positions where each handed over.</summary>
public sealed class TimelineHistory
{
    private TimelineHistory(TimelineId timeline, IReadOnlyList<TimelineSpan> entries, IReadOnlyList<string> reasons) =>
        (Timeline, Entries, Reasons) = (timeline, entries, reasons);

    /// <summary>The timeline whose history this is.</summary>
    public TimelineId Timeline { get; }

    /// <summary>All spans, the oldest first; the last one is the own timeline, without an end.</summary>
    public IReadOnlyList<TimelineSpan> Entries { get; }

    /// <summary>Why each ancestor was left, in the order of <see cref="Entries"/>; for people only. The own timeline has none.</summary>
    public IReadOnlyList<string> Reasons { get; }

    /// <summary>The lineage of a timeline without a history file, which is timeline 1 (or one whose ancestors are not known).</summary>
    public static TimelineHistory Root(TimelineId timeline) => new(timeline, [new TimelineSpan(timeline, Lsn.Zero, null)], []);

    /// <summary>Reads a .history file: a line for each ancestor with its number, its switch point and a reason.</summary>
    /// <param name="own">The timeline in the file's name.</param>
    /// <param name="text">The whole file.</param>
    /// <returns>The lineage, or the offset (in characters) of the first line that is not right.</returns>
    public static Parsed<TimelineHistory> Parse(TimelineId own, string text)
    {
        var spans = new List<TimelineSpan>();
        var reasons = new List<string>();
        var begin = Lsn.Zero;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan(range).Trim();
            if (line.IsEmpty || line[0] == '#')
                continue;
            // Every line ends with a newline: without it an LSN may be cut and still look like one.
            if (range.End.Value == text.Length)
                return Error(own, range.Start.Value, "a line with its newline", Excerpt(line));
            if (!TryParseLine(line, out var timeline, out var end, out var reason))
                return Error(own, range.Start.Value, "a line \"<timeline> <LSN> <reason>\"", Excerpt(line));
            if (timeline >= own || (spans.Count > 0 && timeline <= spans[^1].Timeline))
                return Error(own, range.Start.Value, $"ancestors in rising order below {own}", $"timeline {timeline}");
            if (end < begin)
                return Error(own, range.Start.Value, $"a switch point not before {begin}", end.ToString());
            spans.Add(new TimelineSpan(timeline, begin, end));
            reasons.Add(reason.ToString());
            begin = end;
        }
        // PostgreSQL writes a history file only to name a parent: one without any is a torn write.
        if (spans.Count == 0)
            return Error(own, text.Length, "at least one ancestor", "the end of the file");
        spans.Add(new TimelineSpan(own, begin, null));
        return new TimelineHistory(own, spans, reasons);
    }

    /// <summary>The span that holds a position, that is, the timeline that wrote it in this lineage.</summary>
    public TimelineSpan SpanAt(Lsn lsn)
    {
        foreach (var span in Entries)
            if (span.Contains(lsn))
                return span;
        return Entries[^1];
    }

    private static bool TryParseLine(ReadOnlySpan<char> line, out TimelineId timeline, out Lsn lsn, out ReadOnlySpan<char> reason)
    {
        (timeline, lsn) = (default, default);
        reason = [];
        var gap = line.IndexOfAny(' ', '\t');
        if (gap < 0 || !uint.TryParse(line[..gap], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            return false;
        timeline = new TimelineId(number);
        var rest = line[gap..].TrimStart();
        gap = rest.IndexOfAny(' ', '\t');
        var position = gap < 0 ? rest : rest[..gap];
        reason = gap < 0 ? [] : rest[gap..].Trim();
        var slash = position.IndexOf('/');
        return slash >= 0 && Lsn.TryParse(position[..slash], position[(slash + 1)..], out lsn);
    }

    private static string Excerpt(ReadOnlySpan<char> line) => $"\"{(line.Length > 60 ? line[..60] : line)}\"";

    private static FormatError Error(TimelineId own, int offset, string expected, string found) =>
        new(WalFileName.HistoryOf(own).ToString(), offset, expected, found);
}
