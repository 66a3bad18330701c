using System.Globalization;

namespace PgHa.Formats;

/// <summary>
/// The name of a file in pg_wal (access/xlog_internal.h). It is built only from checked numbers,
/// so no text that came from outside ever reaches a path.
/// </summary>
public readonly record struct WalFileName
{
    // Log and Part are the second and third group of eight digits, Offset is the position of a base backup in its segment.
    private readonly uint _log, _part, _offset;

    private WalFileName(WalFileKind kind, TimelineId timeline, uint log = 0, uint part = 0, uint offset = 0) =>
        (Kind, Timeline, _log, _part, _offset) = (kind, timeline, log, part, offset);

    /// <summary>What the file is.</summary>
    public WalFileKind Kind { get; }

    /// <summary>The timeline in the name.</summary>
    public TimelineId Timeline { get; }

    /// <summary>The name of a timeline's history file.</summary>
    public static WalFileName HistoryOf(TimelineId timeline) => new(WalFileKind.History, timeline);

    /// <summary>Reads a name exactly as PostgreSQL writes it: upper-case digits, no path, a timeline that is not zero.</summary>
    /// <returns>False for every other text.</returns>
    public static bool TryParse(string? text, out WalFileName name)
    {
        name = default;
        if (text is null || text.Length < 16 || !Hex.TryParseUpper8(text.AsSpan(0, 8), out var timeline) || timeline == 0)
            return false;
        var tli = new TimelineId(timeline);
        if (text.AsSpan(8) is ".history")
        {
            name = HistoryOf(tli);
            return true;
        }
        return TryParseSegment(text, tli, out name);
    }

    /// <summary>Whether a segment of this name can exist with this wal_segment_size.</summary>
    public bool Fits(uint segmentSize) =>
        Kind != WalFileKind.History && WalSegment.IsValidSize(segmentSize) && _part < 0x1_0000_0000UL / segmentSize;

    /// <summary>The segment that the name speaks of; ask <see cref="Fits"/> first where the name came from outside.</summary>
    /// <param name="segmentSize">wal_segment_size in bytes.</param>
    /// <exception cref="InvalidOperationException">A history file, or a number that does not exist with this size.</exception>
    public WalSegment Segment(uint segmentSize) => Fits(segmentSize)
        ? new WalSegment(Timeline, _log * (0x1_0000_0000UL / segmentSize) + _part, segmentSize)
        : throw new InvalidOperationException($"{this} names no segment of {segmentSize} bytes");

    /// <summary>The name as it stands in pg_wal.</summary>
    public override string ToString() => Kind switch
    {
        WalFileKind.History => string.Create(CultureInfo.InvariantCulture, $"{Timeline.Value:X8}.history"),
        WalFileKind.Partial => $"{SegmentName}.partial",
        WalFileKind.Backup => string.Create(CultureInfo.InvariantCulture, $"{SegmentName}.{_offset:X8}.backup"),
        _ => SegmentName,
    };

    private string SegmentName => string.Create(CultureInfo.InvariantCulture, $"{Timeline.Value:X8}{_log:X8}{_part:X8}");

    private static bool TryParseSegment(string text, TimelineId timeline, out WalFileName name)
    {
        name = default;
        // With the smallest segment there are 4096 in each 4 GB: a larger third group exists with no size.
        if (text.Length < 24 || !Hex.TryParseUpper8(text.AsSpan(8, 8), out var log)
            || !Hex.TryParseUpper8(text.AsSpan(16, 8), out var part) || part >= 0x1_0000_0000UL / WalSegment.MinSize)
            return false;
        var rest = text.AsSpan(24);
        uint offset = 0;
        if (rest.IsEmpty)
            name = new WalFileName(WalFileKind.Segment, timeline, log, part);
        else if (rest is ".partial")
            name = new WalFileName(WalFileKind.Partial, timeline, log, part);
        else if (rest.Length == 16 && rest[0] == '.' && Hex.TryParseUpper8(rest[1..9], out offset) && rest[9..] is ".backup")
            name = new WalFileName(WalFileKind.Backup, timeline, log, part, offset);
        else
            return false;
        return true;
    }
}
