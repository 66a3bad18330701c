using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Inspect;

/// <summary>Finds out what the files on the command line are: a folder is one stream along a lineage, segments are put together.</summary>
internal static class WalInput
{
    private const string Hint = "give segments such as 000000010000000000000003, also with .partial, or a folder with them";

    /// <summary>The streams to read; what is wrong with a file is reported, and the others are read.</summary>
    internal static List<WalStream> Open(IEnumerable<string> paths, TimelineId? timeline, Report report)
    {
        var streams = new List<WalStream>();
        var segments = new List<WalPiece>();
        foreach (var path in paths)
        {
            if (Directory.Exists(path))
                streams.AddRange(WalFolderInput.Open(path, timeline, report));
            else if (Segment(path) is { IsOk: true } piece)
                segments.Add(piece.Value);
            else
                report.Fail(Segment(path).Error!, Hint);
        }
        streams.AddRange(Runs(segments));
        return streams;
    }

    /// <summary>The header of a segment's file.</summary>
    internal static Parsed<WalSegmentHeader> Header(string path)
    {
        var bytes = SmallFile.Read(path, "a WAL segment", WalPageHeader.LongSize);
        return bytes.IsOk ? WalSegmentHeader.Read(bytes.Value, path) : bytes.Error;
    }

    /// <summary>Whether a name is that of a segment, complete or not.</summary>
    internal static bool IsSegment(string path, out WalFileName name) =>
        WalFileName.TryParse(Path.GetFileName(path), out name) && name.Kind is WalFileKind.Segment or WalFileKind.Partial;

    private static Parsed<WalPiece> Segment(string path)
    {
        if (!IsSegment(path, out var name))
            return new FormatError(path, 0, "a segment's name of 24 upper-case digits", $"\"{Path.GetFileName(path)}\"");
        var header = Header(path);
        if (!header.IsOk)
            return header.Error;
        if (!name.Fits(header.Value.SegmentSize))
            return new FormatError(path, 32, "a segment size that fits the name", $"{header.Value.SegmentSize}");
        var segment = name.Segment(header.Value.SegmentSize);
        return header.Value.Page.Address == segment.Start ? new WalPiece(path, segment)
            : new FormatError(path, 8, $"page address {segment.Start}", $"{header.Value.Page.Address} (a file renamed, or recycled for later use)");
    }

    /// <summary>Segments of one timeline that follow each other are one stream.</summary>
    private static IEnumerable<WalStream> Runs(List<WalPiece> pieces)
    {
        var run = new List<WalPiece>();
        foreach (var piece in pieces.OrderBy(p => (p.Segment.Timeline, p.Segment.Number)).DistinctBy(p => p.Segment))
        {
            if (run.Count > 0 && run[^1].Segment.Next != piece.Segment)
            {
                yield return new WalStream(run[0].Path, run);
                run = [];
            }
            run.Add(piece);
        }
        if (run.Count > 0)
            yield return new WalStream(run[0].Path, run);
    }
}
