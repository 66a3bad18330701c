using System.Buffers;
using System.IO.Hashing;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>The files of pg_wal, read as one stream of WAL along a lineage, as the server's recovery reads them.</summary>
internal sealed class WalFolder(string folder, uint segmentSize, IReadOnlyList<TimelineSpan> lineage) : IDisposable
{
    private readonly TimelineSpan[] _newestFirst = [.. lineage.Reverse()];
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
            ? TimelineHistory.Parse(timeline, File.ReadAllText(file))
            : new FormatError(file, 0, $"the history of timeline {timeline}", "no such file");
    }

    /// <summary>The newest timeline in the folder that descends from the given one: what a standby follows.</summary>
    internal static TimelineHistory? NewestDescendant(string folder, TimelineId from) => Directory.EnumerateFiles(folder, "*.history")
        .Select(f => WalFileName.TryParse(System.IO.Path.GetFileName(f), out var name) ? name.Timeline : default)
        .Where(t => t > from)
        .OrderByDescending(t => t.Value)
        .Select(t => History(folder, t))
        .FirstOrDefault(h => h.IsOk && h.Value.Entries.Any(e => e.Timeline == from)) is { IsOk: true } found ? found.Value : null;

    /// <summary>
    /// The file that holds a segment: that of the newest timeline of the lineage that had begun by then, and up to where it speaks for
    /// the lineage: what an older timeline wrote past the switch is not part of it.
    /// </summary>
    private (string Path, Lsn? End)? FileOf(ulong number)
    {
        foreach (var span in _newestFirst)
        {
            if (span.Begin.Value / SegmentSize > number)
                continue;
            var file = System.IO.Path.Combine(Path, new WalSegment(span.Timeline, number, SegmentSize).FileName);
            if (Existing(file) is { } found)
                return (found, span.End);
        }
        return null;
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

    /// <summary>Start of the oldest segment from which the WAL is here without a gap up to the end.</summary>
    internal Lsn Oldest(Lsn end)
    {
        if (end.Value == 0)
            return end;
        var number = (end.Value - 1) / SegmentSize;
        if (FileOf(number) is null)
            return end;
        while (number > 0 && FileOf(number - 1) is not null)
            number--;
        return new Lsn(number * SegmentSize);
    }

    /// <summary>The digest of a range; no hash where a part of it is missing.</summary>
    internal WalDigest Digest(Lsn from, Lsn to, CancellationToken cancel)
    {
        var hash = new XxHash128();
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        try
        {
            return Digest(hash, buffer, from, to, cancel);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private WalDigest Digest(XxHash128 hash, byte[] buffer, Lsn from, Lsn to, CancellationToken cancel)
    {
        for (var at = from; at < to;)
        {
            cancel.ThrowIfCancellationRequested();
            var read = Read(at, buffer.AsSpan(0, (int)Math.Min((ulong)buffer.Length, to - at)));
            if (read == 0)
                return new(from, to, null);
            hash.Append(buffer.AsSpan(0, read));
            at += (ulong)read;
        }
        return new(from, to, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

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

    private static string? Existing(string file) => File.Exists(file) ? file : File.Exists(file + ".partial") ? file + ".partial" : null;
}
