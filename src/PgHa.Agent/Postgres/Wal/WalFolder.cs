using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>The files of pg_wal, read as one stream of WAL along a lineage, as the server's recovery reads them.</summary>
internal sealed class WalFolder(string folder, uint segmentSize, IReadOnlyList<TimelineSpan> lineage) : IDisposable
{
    private readonly HeldWal _held = new(segmentSize, lineage);
    private FileStream? _open;
    private ulong _openNumber = ulong.MaxValue;
    private Lsn? _openEnd;

    internal string Path { get; } = folder;

    internal uint SegmentSize { get; } = segmentSize;

    /// <summary>The lineage of a timeline, from its history file; timeline 1 needs none.</summary>
    internal static Parsed<TimelineHistory> History(string folder, TimelineId timeline)
    {
        if (timeline.Value == 1)
            return TimelineHistory.Root(timeline);
        var file = System.IO.Path.Combine(folder, WalFileName.HistoryOf(timeline).ToString());
        return File.Exists(file)
            ? TimelineHistory.Parse(timeline, SmallFile.Text(file, SmallFile.Large))
            : new FormatError(file, 0, $"the history of timeline {timeline}", "no such file");
    }

    /// <summary>The newest timeline in the folder that descends from the given one: what a standby follows.</summary>
    internal static TimelineHistory? NewestDescendant(string folder, TimelineId from) => Directory.EnumerateFiles(folder, "*.history")
        .Select(f => WalFileName.TryParse(System.IO.Path.GetFileName(f), out var name) ? name.Timeline : default)
        .Where(t => t > from)
        .OrderByDescending(t => t.Value)
        .Select(t => History(folder, t))
        .FirstOrDefault(h => h.IsOk && h.Value.Entries.Any(e => e.Timeline == from)) is { IsOk: true } found ? found.Value : null;

    /// <summary>The file that holds a segment, and up to where it speaks for the lineage.</summary>
    private (string Path, Lsn? End)? FileOf(ulong number) =>
        _held.FileOf(number, name => File.Exists(System.IO.Path.Combine(Path, name))) is var (name, end) ? (System.IO.Path.Combine(Path, name), end) : null;

    /// <summary>The files that hold a range.</summary>
    internal IEnumerable<string> Files(Lsn from, Lsn to)
    {
        for (var number = from.Value / SegmentSize; number * SegmentSize < to.Value; number++)
            if (FileOf(number) is var (file, _))
                yield return file;
    }

    /// <summary>Reads at a position; fewer bytes at the end of a segment, none where the segment is missing.</summary>
    internal int Read(Lsn at, Span<byte> buffer)
    {
        if (Open(at.Value / SegmentSize) is not { } file)
            return 0;
        var offset = at.Value % SegmentSize;
        var wanted = Math.Min((ulong)buffer.Length, SegmentSize - offset);
        if (_openEnd is { } end)
            wanted = at < end ? Math.Min(wanted, end - at) : 0;
        return wanted == 0 ? 0 : RandomAccess.Read(file.SafeFileHandle, buffer[..(int)wanted], (long)offset);
    }

    /// <summary>The bytes of a range of the node's WAL that lies within one segment, zeros where it is unused; fewer where a part is missing.</summary>
    internal byte[] Bytes(Lsn from, Lsn to)
    {
        var bytes = new byte[(int)Math.Min(to - from, SegmentSize - from.Value % SegmentSize)];
        var length = 0;
        while (length < bytes.Length && Read(from + (ulong)length, bytes.AsSpan(length)) is > 0 and var read)
            length += read;
        UsedWal.Clear(Read, SegmentSize, from, bytes.AsSpan(0, length));
        return bytes[..length];
    }

    /// <summary>The versions of the files from a position on, up to the first that is missing.</summary>
    internal IEnumerable<FileVersion> VersionsFrom(Lsn at)
    {
        for (var number = at.Value / SegmentSize; FileOf(number) is var (file, _) && Linux.Version(file) is { } version; number++)
            yield return version;
    }

    /// <summary>What is held before a position, the newest range first.</summary>
    internal WalRange[] Held(Lsn end) =>
        _held.Ranges(Directory.EnumerateFiles(Path).Select(f => System.IO.Path.GetFileName(f)).ToHashSet(StringComparer.Ordinal), end);

    /// <summary>From where on the WAL is here without a gap up to the end; the end itself where not even the byte before it is here.</summary>
    internal Lsn Oldest(Lsn end) => Held(end) is [var last, ..] && last.To == end ? last.From : end;

    /// <summary>The digest of a range of the node's WAL; no hash if a part of it is missing.</summary>
    internal WalDigest Digest(Lsn from, Lsn to, CancellationToken cancel) => new(from, to, UsedWal.Digest(Read, SegmentSize, from, to, cancel));

    public void Dispose() => _open?.Dispose();

    private FileStream? Open(ulong number)
    {
        if (number == _openNumber)
            return _open;
        _open?.Dispose();
        (_open, _openNumber, _openEnd) = (null, number, null);
        try
        {
            if (FileOf(number) is not var (file, end))
                return null;
            _open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            _openEnd = end;
        }
        catch (FileNotFoundException)
        {
            _open = null; // recycled between the look and the opening
        }
        return _open;
    }
}
