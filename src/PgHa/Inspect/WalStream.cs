using Microsoft.Win32.SafeHandles;
using PgHa.Formats;

namespace PgHa.Inspect;

/// <summary>Segments' files read as one stream of WAL.</summary>
internal sealed class WalStream : IDisposable
{
    private readonly Dictionary<ulong, WalPiece> _pieces;
    private SafeFileHandle? _file;
    private WalPiece? _open;

    /// <param name="name">What it is called.</param>
    /// <param name="pieces">Its files, at least one, all of the same segment size, in the order of their segments.</param>
    internal WalStream(string name, IReadOnlyList<WalPiece> pieces)
    {
        Name = name;
        _pieces = pieces.ToDictionary(p => p.Segment.Number);
        (Start, End) = (pieces[0].Segment.Start, pieces[^1].Segment.End);
        SegmentSize = pieces[0].Segment.Size;
    }

    /// <summary>What the user called it: a folder, or the first of some files.</summary>
    internal string Name { get; }

    /// <summary>wal_segment_size in bytes.</summary>
    internal uint SegmentSize { get; }

    /// <summary>The start of the first segment.</summary>
    internal Lsn Start { get; }

    /// <summary>The end of the last segment.</summary>
    internal Lsn End { get; }

    /// <summary>Told of each position up to which was read.</summary>
    internal Action<Lsn>? Advanced { get; set; }

    /// <summary>Why a file could not be read, where one could not.</summary>
    internal FormatError? Problem { get; private set; }

    /// <summary>The file with a position, or the name of the one that should hold it.</summary>
    internal string FileOf(Lsn at) => _pieces.TryGetValue(at.Value / SegmentSize, out var piece) ? piece.Path
        : $"segment {WalSegment.At(_open?.Segment.Timeline ?? new TimelineId(1), at, SegmentSize).FileName}";

    /// <summary>Whether there is a file for a position.</summary>
    internal bool Holds(Lsn at) => _pieces.ContainsKey(at.Value / SegmentSize);

    /// <summary>Whether there are files behind a position, in whatever segment.</summary>
    internal bool GoesOnBehind(Lsn at) => at < End;

    /// <summary>Reads at a position (<see cref="PgHa.Formats.Wal.ReadWal"/>).</summary>
    internal int Read(Lsn at, Span<byte> buffer)
    {
        Advanced?.Invoke(at);
        if (!_pieces.TryGetValue(at.Value / SegmentSize, out var piece))
            return 0;
        var end = piece.Until is { } until ? Lsn.Min(until, piece.Segment.End) : piece.Segment.End;
        if (at >= end)
            return 0;
        try
        {
            if (_open != piece)
                Open(piece);
            return RandomAccess.Read(_file!, buffer[..(int)Math.Min((ulong)buffer.Length, end - at)], (long)(at - piece.Segment.Start));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problem = new FormatError(piece.Path, (long)(at - piece.Segment.Start), "a WAL segment", SmallFile.Why(e));
            return 0;
        }
    }

    private void Open(WalPiece piece)
    {
        _file?.Dispose();
        _open = null;
        _file = File.OpenHandle(piece.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _open = piece;
    }

    public void Dispose() => _file?.Dispose();
}
