using PgHa.Formats.Wal;

namespace PgHa.Formats.Tests.Support;

/// <summary>The WAL of one timeline in a folder, as a reader's source.</summary>
internal sealed class WalFolder(string folder, uint segmentSize, TimelineId timeline) : IDisposable
{
    private readonly Dictionary<ulong, FileStream?> _files = [];

    public long BytesRead { get; private set; }

    public int Read(Lsn at, Span<byte> buffer)
    {
        var segment = WalSegment.At(timeline, at, segmentSize);
        if (!_files.TryGetValue(segment.Number, out var file))
        {
            var path = Path.Combine(folder, segment.FileName);
            _files[segment.Number] = file = File.Exists(path) ? File.OpenRead(path) : null;
        }
        if (file is null)
            return 0;
        var wanted = (int)Math.Min((ulong)buffer.Length, segment.End - at);
        var count = RandomAccess.Read(file.SafeFileHandle, buffer[..wanted], (long)(at - segment.Start));
        BytesRead += count;
        return count;
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
            file?.Dispose();
    }

    public static WalFolder Of(Postgres server) =>
        new(server.WalFolder, server.Control.WalSegmentSize, server.Control.CheckPointCopy.ThisTimeline);

    public WalReader Reader(Lsn start) => new(Read, segmentSize, start);
}
