using PgHa.Formats;

namespace PgHa.Inspect;

/// <summary>A folder of WAL as one stream: the segments of the newest timeline's lineage, as recovery reads them.</summary>
internal static class WalFolderInput
{
    /// <summary>The folder's stream; none, and a report, where it holds no WAL.</summary>
    internal static IEnumerable<WalStream> Open(string path, TimelineId? timeline, Report report)
    {
        var folder = Directory.Exists(Path.Combine(path, "pg_wal")) ? Path.Combine(path, "pg_wal") : path;
        var read = Read(folder, timeline, report);
        if (read.IsOk)
            return [read.Value];
        report.Fail(read.Error, "give a data directory, its pg_wal, or an archive with segments that are not compressed");
        return [];
    }

    private static Parsed<WalStream> Read(string folder, TimelineId? timeline, Report report)
    {
        try
        {
            var files = Directory.GetFiles(folder).Order(StringComparer.Ordinal).ToArray();
            var segments = files.Where(f => WalInput.IsSegment(f, out _)).ToArray();
            // Recycled segments have a header too, and the size in it is right.
            var header = segments.Select(WalInput.Header).FirstOrDefault(h => h.IsOk);
            if (!header.IsOk)
                return new FormatError(folder, 0, "WAL segments", segments.Length == 0 ? "none" : "none with a page header that is right");
            var pieces = Pieces(segments, header.Value.SegmentSize, Lineage(folder, timeline ?? Newest(files), report));
            return pieces.Count > 0 ? new WalStream(folder, pieces)
                : new FormatError(folder, 0, $"segments of timeline {timeline ?? Newest(files)}", "none");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new FormatError(folder, 0, "a folder with WAL", SmallFile.Why(e));
        }
    }

    private static TimelineId Newest(string[] files) => files
        .Select(f => WalFileName.TryParse(Path.GetFileName(f), out var name) ? name.Timeline : default)
        .MaxBy(t => t.Value);

    private static IReadOnlyList<TimelineSpan> Lineage(string folder, TimelineId timeline, Report report)
    {
        if (timeline.Value > 1)
        {
            var history = HistoryInspection.Read(Path.Combine(folder, WalFileName.HistoryOf(timeline).ToString()));
            if (history.IsOk)
                return history.Value.Entries;
            report.Fail(history.Error, $"only what timeline {timeline} wrote itself can be told; --timeline chooses another one");
        }
        return TimelineHistory.Root(timeline).Entries;
    }

    /// <summary>Of each segment the file of the newest timeline that had begun by then.</summary>
    private static List<WalPiece> Pieces(string[] files, uint size, IReadOnlyList<TimelineSpan> lineage)
    {
        var pieces = new SortedDictionary<ulong, WalPiece>();
        foreach (var span in lineage)
            foreach (var file in files)
                if (WalInput.IsSegment(file, out var name) && name.Timeline == span.Timeline && name.Fits(size)
                    && name.Segment(size) is var segment && segment.End > span.Begin && !(segment.Start >= span.End)
                    && (name.Kind == WalFileKind.Segment || pieces.GetValueOrDefault(segment.Number)?.Segment.Timeline != span.Timeline))
                    pieces[segment.Number] = new WalPiece(file, segment, span.End);
        return [.. pieces.Values];
    }
}
