using System.Buffers.Binary;

namespace PgHa.Formats.Wal;

/// <summary>
/// Reads WAL records one after the other and checks each: page headers, prev-link, checksum (access/transam/xlogreader.c).
/// The bytes may be anything; the reader ends with a reason and never asks for more memory than there is WAL.
/// </summary>
public sealed class WalReader
{
    private readonly WalPages _pages;
    private readonly uint _segmentSize;
    private readonly Lsn _start;
    private byte[] _assembled = [];
    private WalRecordHeader _current;
    private bool _isAssembled;
    private int _offsetInPage;
    private Lsn _next;
    private Lsn _overwritten;
    private WalFault? _fault;

    /// <summary>Prepares to read; nothing is read yet.</summary>
    /// <param name="source">Where bytes come from.</param>
    /// <param name="segmentSize">wal_segment_size in bytes.</param>
    /// <param name="start">The start of a record; the beginning of a page means the record behind its header.</param>
    /// <param name="systemIdentifier">The cluster the WAL must be of; null accepts the first one seen.</param>
    public WalReader(ReadWal source, uint segmentSize, Lsn start, ulong? systemIdentifier = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!WalSegment.IsValidSize(segmentSize))
            throw new ArgumentOutOfRangeException(nameof(segmentSize), segmentSize, "not a wal_segment_size");
        _pages = new WalPages(source, segmentSize, systemIdentifier);
        (_segmentSize, _start, _next) = (segmentSize, start, start);
    }

    /// <summary>The header of the record that <see cref="MoveNext"/> came to; the last good one after the end.</summary>
    public ref readonly WalRecordHeader Current => ref _current;

    /// <summary>The record's bytes, header included; they stay until the next <see cref="MoveNext"/>, and are empty after the end.</summary>
    public ReadOnlySpan<byte> Data => _fault is not null || !_current.Lsn.IsValid ? []
        : _isAssembled ? _assembled.AsSpan(0, (int)_current.TotalLength)
        : _pages.Bytes.Slice(_offsetInPage, (int)_current.TotalLength);

    /// <summary>Why <see cref="MoveNext"/> returned false; None before that.</summary>
    public EndReason EndReason => _fault?.Reason ?? EndReason.None;

    /// <summary>The end in full: file, offset, what was expected and what was found; null before the end.</summary>
    public FormatError? EndError => _fault is { } fault
        ? new FormatError(FileOf(fault.At), (long)(fault.At.Value % _segmentSize), fault.Expected, fault.Found)
        : null;

    /// <summary>The cluster that wrote the WAL; null until the first page of a segment was seen.</summary>
    public ulong? SystemIdentifier => _pages.SystemIdentifier;

    /// <summary>The major version of PostgreSQL that wrote the page last read; 0 before that.</summary>
    public int Major => _pages.Header.Major;

    /// <summary>Goes to the next record.</summary>
    /// <returns>False at the end of valid WAL, for which <see cref="EndReason"/> then gives the reason.</returns>
    public bool MoveNext()
    {
        if (_fault is null)
        {
            _fault = ReadRecord(_next);
            // The rest of a cut-off record was overwritten: the record that took its place follows.
            if (_fault is { Reason: EndReason.None })
                _fault = ReadRecord(_fault.At);
        }
        return _fault is null;
    }

    private WalFault? ReadRecord(Lsn at)
    {
        if (EnterPage(ref at) is { } fault)
            return fault;
        var offset = (int)(at.Value % WalPages.PageSize);
        var rest = _pages.Bytes[offset..];
        if (rest.Length < 8)
            return WalPages.Missing(at.Value);
        var total = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        if (CheckLength(at, total) is { } badLength)
            return badLength;
        _offsetInPage = offset;
        _isAssembled = offset + total > WalPages.PageSize;
        return _isAssembled ? ReadLong(at, rest, total) : ReadShort(at, rest, total);
    }

    /// <summary>Shows the page of a position and moves a position at its beginning behind the page header.</summary>
    private WalFault? EnterPage(ref Lsn at)
    {
        var offset = at.Value % WalPages.PageSize;
        var page = at.Value - offset;
        if (at.Value % 8 != 0)
            return new WalFault(EndReason.BadStart, at, "a position divisible by 8", at.ToString());
        if (_pages.Enter(page) is { } fault)
            return fault;
        var header = (uint)_pages.Header.Size;
        if (offset == 0)
            at = new Lsn(page + header);
        else if (offset < header)
            return new WalFault(EndReason.BadStart, at, "the start of a record", "a page header");
        return at.Value == page + header && _pages.Header.IsContinuation
            ? new WalFault(EndReason.BadContinuation, at, "the start of a record", "the rest of an earlier one")
            : null;
    }

    /// <summary>A record within one page stays where it is.</summary>
    private WalFault? ReadShort(Lsn at, ReadOnlySpan<byte> rest, uint total)
    {
        if (rest.Length < total)
            return WalPages.Missing(at.Value + (ulong)rest.Length);
        var header = WalRecordHeader.Read(rest, at, _pages.Header.Timeline);
        return CheckHeader(header) ?? Accept(header, rest[..(int)total], at + total);
    }

    /// <summary>A record over several pages is put together, growing only as its bytes are seen to be there.</summary>
    private WalFault? ReadLong(Lsn at, ReadOnlySpan<byte> rest, uint total)
    {
        var timeline = _pages.Header.Timeline;
        var page = _pages.Start;
        if (rest.Length < (int)(page + WalPages.PageSize - at.Value))
            return WalPages.Missing(at.Value + (ulong)rest.Length);
        if (rest.Length >= WalRecordHeader.Size && CheckHeader(WalRecordHeader.Read(rest, at, timeline)) is { } bad)
            return bad;
        var got = Store(0, rest, total);
        while (true)
        {
            page += WalPages.PageSize;
            if (NextPart(at, page, total, got, out var part) is { } fault)
                return fault;
            var had = got;
            got = Store(got, part, total);
            var header = WalRecordHeader.Read(_assembled, at, timeline);
            if (had < WalRecordHeader.Size && CheckHeader(header) is { } wrong)
                return wrong;
            if (got == total)
                return Accept(header, _assembled.AsSpan(0, got), new Lsn(page + (ulong)(_pages.Header.Size + part.Length)));
        }
    }

    private WalFault? NextPart(Lsn at, ulong page, uint total, int got, out ReadOnlySpan<byte> part)
    {
        part = default;
        if (_pages.Enter(page) is { } fault)
            return fault;
        var header = _pages.Header;
        if (header.OverwritesContinuation && !_overwritten.IsValid)
        {
            _overwritten = at;
            return new WalFault(EndReason.None, new Lsn(page), "", "");
        }
        if (!header.IsContinuation || header.Remaining != total - got)
            return new WalFault(EndReason.BadContinuation, new Lsn(page), $"{total - got} bytes of the record at {at}",
                header.IsContinuation ? $"{header.Remaining} bytes" : "no continuation");
        var take = (int)Math.Min(total - got, WalPages.PageSize - header.Size);
        if (_pages.Bytes.Length < header.Size + take)
            return WalPages.Missing(page + (ulong)_pages.Bytes.Length);
        part = _pages.Bytes.Slice(header.Size, take);
        return null;
    }

    private int Store(int got, ReadOnlySpan<byte> part, uint total)
    {
        var needed = got + part.Length;
        if (_assembled.Length < needed)
            Array.Resize(ref _assembled, Math.Max((int)Math.Min(total, 2L * needed), 2 * WalPages.PageSize));
        part.CopyTo(_assembled.AsSpan(got));
        return needed;
    }

    private static WalFault? CheckLength(Lsn at, uint total) => total switch
    {
        0 => new WalFault(EndReason.ZeroLength, at, "a record", "zeros"),
        < WalRecordHeader.Size or > WalRecordHeader.MaxLength =>
            new WalFault(EndReason.BadLength, at, $"a record of {WalRecordHeader.Size} bytes to 1 GB", $"{total}"),
        _ => null,
    };

    private WalFault? CheckHeader(in WalRecordHeader header)
    {
        // Of the first record only this is known: the one before it lies before it.
        var linked = _current.Lsn.IsValid ? header.Prev == _current.Lsn : header.Prev < header.Lsn;
        if (!linked)
            return new WalFault(EndReason.BadPrevLink, header.Lsn,
                _current.Lsn.IsValid ? $"prev-link {_current.Lsn}" : $"a prev-link before {header.Lsn}", header.Prev.ToString());
        return header.Rmgr is > 21 and < 128
            ? new WalFault(EndReason.BadResourceManager, header.Lsn, "resource manager 0 to 21 or 128 to 255", $"{header.Rmgr}")
            : null;
    }

    private WalFault? Accept(in WalRecordHeader header, ReadOnlySpan<byte> record, Lsn endExact)
    {
        // The checksum covers what follows the header, then the header up to the checksum itself.
        var crc = Crc32C.Append(Crc32C.Compute(record[WalRecordHeader.Size..]), record[..20]);
        if (crc != header.Crc)
            return new WalFault(EndReason.BadCrc, header.Lsn, $"CRC-32C {crc:x8}", $"{header.Crc:x8}");
        if (_overwritten.IsValid && CheckOverwrite(header, record) is { } fault)
            return fault;
        var end = new Lsn((endExact.Value + 7) & ~7UL);
        if (header.IsSwitch)
            end = WalSegment.At(header.Timeline, new Lsn(end.Value - 1), _segmentSize).End;
        _current = header with { End = end, EndExact = endExact };
        _next = end;
        return null;
    }

    /// <summary>What takes the place of a cut-off record says which one that was.</summary>
    private WalFault? CheckOverwrite(in WalRecordHeader header, ReadOnlySpan<byte> record)
    {
        var expected = _overwritten;
        _overwritten = default;
        var found = header.IsOverwriteContrecord && record.Length >= 34
            ? new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(record[26..]))
            : Lsn.Zero;
        return found == expected ? null : new WalFault(
            EndReason.BadContinuation, header.Lsn, $"a record that overwrites the one at {expected}", $"one that overwrites {found}");
    }

    private string FileOf(Lsn at)
    {
        var timeline = _pages.Header.Timeline;
        return timeline.Value == 0 ? $"WAL at {at}" : WalSegment.At(timeline, at, _segmentSize).FileName;
    }
}
