using PgHa.Formats.Wal;

namespace PgHa.Formats.Tests.Support;

/// <summary>The WAL of a lineage in a folder, as a reader's source: behind a switch point it is the next timeline's.</summary>
internal sealed class WalFolder(string folder, uint segmentSize, TimelineHistory history) : IDisposable
{
    private readonly Dictionary<WalSegment, FileStream?> _files = [];

    public long BytesRead { get; private set; }

    public int Read(Lsn at, Span<byte> buffer)
    {
        var span = history.SpanAt(at);
        var segment = WalSegment.At(span.Timeline, at, segmentSize);
        if (!_files.TryGetValue(segment, out var file))
        {
            var path = Path.Combine(folder, segment.FileName);
            _files[segment] = file = File.Exists(path) ? File.OpenRead(path) : null;
        }
        if (file is null)
            return 0;
        var wanted = (int)Math.Min((ulong)buffer.Length, Lsn.Min(segment.End, span.End ?? segment.End) - at);
        var count = RandomAccess.Read(file.SafeFileHandle, buffer[..wanted], (long)(at - segment.Start));
        BytesRead += count;
        return count;
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
            file?.Dispose();
    }

    public static WalFolder Of(Postgres server) => new(server.WalFolder, server.Control.WalSegmentSize, server.History);

    public WalReader Reader(Lsn start) => new(Read, segmentSize, start);
}
