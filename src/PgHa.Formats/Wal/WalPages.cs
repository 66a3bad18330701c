using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace PgHa.Formats.Wal;

/// <summary>
/// A window over a WAL stream that shows one checked page at a time.
/// Pages before the window are forgotten; memory is one buffer of 64 KB whatever the bytes say.
/// </summary>
internal sealed class WalPages(ReadWal source, uint segmentSize, ulong? systemIdentifier)
{
    /// <summary>XLOG_BLCKSZ in bytes; a server built with another size is recognised by its long headers and refused.</summary>
    public const int PageSize = 8192;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(8 * PageSize);
    private ulong _bufferStart;
    private int _bufferLength;
    private int _pageOffset;
    private TimelineId _newestTimeline;

    /// <summary>The start of the page shown; one that no page has while there is none.</summary>
    public ulong Start { get; private set; } = ulong.MaxValue;

    /// <summary>The header of the page shown.</summary>
    public WalPageHeader Header { get; private set; }

    /// <summary>The bytes of the page shown, header included; fewer than a page where the stream ends.</summary>
    public ReadOnlySpan<byte> Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _buffer.AsSpan(_pageOffset, Math.Min(PageSize, _bufferLength - _pageOffset));
    }

    /// <summary>The major version of PostgreSQL that wrote the page shown last; 0 before that.</summary>
    public int Major { get; private set; }

    /// <summary>The cluster that wrote the WAL, as soon as a segment's first page was seen.</summary>
    public ulong? SystemIdentifier { get; private set; } = systemIdentifier;

    /// <summary>Shows the page at a position.</summary>
    /// <returns>Null, or why there is no such page.</returns>
    public WalFault? Enter(ulong page)
    {
        if (page == Start)
            return null;
        Start = ulong.MaxValue;
        if (!Locate(page))
            Fill(page);
        if (_bufferLength - _pageOffset < WalPageHeader.ShortSize)
            return Missing(page);
        var header = WalPageHeader.Read(Bytes);
        var fault = Check(page, header);
        if (fault is not null)
            return fault;
        (Start, Header, Major, _newestTimeline) = (page, header, header.Major, header.Timeline);
        return null;
    }

    /// <summary>Shows a page whatever was shown before: on the way back timelines become older.</summary>
    public WalFault? EnterAnew(ulong page)
    {
        _newestTimeline = default;
        return Enter(page);
    }

    /// <summary>The fault of a position whose bytes the source does not have.</summary>
    public static WalFault Missing(ulong at) => new(EndReason.MissingSegment, new Lsn(at), "more WAL", "nothing");

    private bool Locate(ulong page)
    {
        var offset = page - _bufferStart;
        if (page < _bufferStart || offset + PageSize > (ulong)_bufferLength)
            return false;
        _pageOffset = (int)offset;
        return true;
    }

    private void Fill(ulong page)
    {
        (_bufferStart, _bufferLength, _pageOffset) = (page, 0, 0);
        while (_bufferLength < PageSize)
        {
            var count = source(new Lsn(page + (ulong)_bufferLength), _buffer.AsSpan(_bufferLength));
            if (count <= 0)
                return;
            _bufferLength = checked(_bufferLength + count);
        }
    }

    private WalFault? Check(ulong page, in WalPageHeader header)
    {
        var at = new Lsn(page);
        if (header.Magic == 0)
            return new WalFault(EndReason.ZeroLength, at, "a page header", "zeros");
        if (header.Major == 0)
            return Bad(at, "the page magic of PostgreSQL 13 to 18", $"{header.Magic:X4}");
        if (header.Address != at)
            return Bad(at, $"page address {at}", header.Address.ToString());
        if (header.Timeline.Value == 0 || header.Timeline < _newestTimeline)
            return Bad(at, $"timeline {_newestTimeline} or later", header.Timeline.ToString());
        var first = page % segmentSize == 0;
        if (header.IsLong != first)
            return Bad(at, first ? "a long page header" : "a short page header", $"flags {header.Info:X4}");
        return first ? CheckLong(page, at) : null;
    }

    private WalFault? CheckLong(ulong page, Lsn at)
    {
        if (_bufferLength - _pageOffset < WalPageHeader.LongSize)
            return Missing(page);
        var system = BinaryPrimitives.ReadUInt64LittleEndian(Bytes[24..]);
        var segment = BinaryPrimitives.ReadUInt32LittleEndian(Bytes[32..]);
        var block = BinaryPrimitives.ReadUInt32LittleEndian(Bytes[36..]);
        if (SystemIdentifier is { } known && known != system)
            return Bad(at, $"system identifier {known}", $"{system}");
        if (segment != segmentSize)
            return Bad(at, $"segment size {segmentSize}", $"{segment}");
        if (block != PageSize)
            return Bad(at, $"WAL page size {PageSize}", $"{block}");
        SystemIdentifier = system;
        return null;
    }

    private static WalFault Bad(Lsn at, string expected, string found) => new(EndReason.BadPage, at, expected, found);
}
