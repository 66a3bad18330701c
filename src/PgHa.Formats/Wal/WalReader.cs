using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace PgHa.Formats.Wal;

/// <summary>
/// Reads WAL records one after the other and checks each: page headers, prev-link, checksum (access/transam/xlogreader.c).
/// The bytes may be anything; the reader ends with a reason and never asks for more memory than there is WAL.
/// </summary>
public sealed class WalReader
{
    private readonly WalPages _pages;
    private readonly uint _segmentSize;
    private readonly LongRecord _long;
    private WalRecordHeader _current;
    private bool _isLong;
    private int _offsetInPage;
    private Lsn _next;
    private Lsn _cutOff;
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
        (_segmentSize, _next) = (segmentSize, start);
        _long = new LongRecord(_pages);
    }

    /// <summary>The header of the record that <see cref="MoveNext"/> came to; the last good one after the end.</summary>
    public ref readonly WalRecordHeader Current => ref _current;

    /// <summary>The record's bytes, header included; they stay until the next <see cref="MoveNext"/>, and are empty after the end.</summary>
    public ReadOnlySpan<byte> Data
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _fault is not null || !_current.Lsn.IsValid ? []
            : _isLong ? _long.Bytes
            : _pages.Bytes.Slice(_offsetInPage, (int)_current.TotalLength);
    }

    /// <summary>Why <see cref="MoveNext"/> returned false; None before that.</summary>
    public EndReason EndReason => _fault?.Reason ?? EndReason.None;

    /// <summary>The position where what ended the reading was seen; zero before the end.</summary>
    public Lsn EndSeenAt => _fault?.At ?? default;

    /// <summary>The end in full: file, offset, what was expected and what was found; null before the end.</summary>
    public FormatError? EndError => _fault is { } fault
        ? new FormatError(FileOf(fault.At), (long)(fault.At.Value % _segmentSize), fault.Expected, fault.Found)
        : null;

    /// <summary>The cluster that wrote the WAL; null until the first page of a segment was seen.</summary>
    public ulong? SystemIdentifier => _pages.SystemIdentifier;

    /// <summary>The major version of PostgreSQL that wrote the page last read; 0 before that.</summary>
    public int Major => _pages.Major;

    /// <summary>Goes to the next record.</summary>
    /// <returns>False at the end of valid WAL, for which <see cref="EndReason"/> then gives the reason.</returns>
    public bool MoveNext()
    {
        if (_fault is null && !TryReadInPage())
        {
            _fault = ReadRecord(_next, overwritten: default);
            // The rest of a cut-off record was overwritten: the record that took its place follows. It is short by its nature.
            if (_fault is { Reason: EndReason.None, At: var page } && ReadRecord(page, _cutOff) is var fault)
                _fault = fault is not { Reason: EndReason.None } ? fault : new WalFault(
                    EndReason.BadContinuation, fault.At, "the rest of a record that overwrites another", "one more that overwrites");
        }
        return _fault is null;
    }

    /// <summary>
    /// The quick way for most records: one that lies within the page shown and is in order. Whatever else there is, the
    /// careful way below looks at it and says what.
    /// </summary>
    private bool TryReadInPage()
    {
        var page = _pages.Bytes;
        var offset = _next.Value - _pages.Start;
        if (offset >= (ulong)page.Length || page.Length - (int)offset < WalRecordHeader.Size)
            return false;
        var rest = page[(int)offset..];
        var total = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        if (total < WalRecordHeader.Size || total > (uint)rest.Length
            || !WalRecordChecks.IsInOrder(rest[..(int)total], _current.Lsn))
            return false;
        (_offsetInPage, _isLong) = ((int)offset, false);
        _current = WalRecordHeader.Read(rest, _next, _pages.Header.Timeline);
        // A switch record is of resource manager 0, as few are.
        _next = _current.Rmgr == 0 && _current.IsSwitch ? EndOfSegment() : _current.End;
        return true;
    }

    private WalFault? ReadRecord(Lsn at, Lsn overwritten)
    {
        if (EnterPage(ref at) is { } fault)
            return fault;
        var offset = (int)(at.Value % WalPages.PageSize);
        if (_pages.Bytes.Length < offset + 8) // a source may end anywhere
            return WalPages.Missing(at.Value);
        var rest = _pages.Bytes[offset..];
        var total = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        if (WalRecordChecks.Length(at, total) is { } badLength)
            return badLength;
        _offsetInPage = offset;
        _isLong = offset + total > WalPages.PageSize;
        return _isLong ? ReadLong(at, total, overwritten) : ReadShort(at, rest, total, overwritten);
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
    private WalFault? ReadShort(Lsn at, ReadOnlySpan<byte> rest, uint total, Lsn overwritten)
    {
        if (rest.Length < total)
            return WalPages.Missing(at.Value + (ulong)rest.Length);
        var header = WalRecordHeader.Read(rest, at, _pages.Header.Timeline);
        return WalRecordChecks.Header(header, _current.Lsn) ?? Accept(header, rest[..(int)total], at + total, overwritten);
    }

    private WalFault? ReadLong(Lsn at, uint total, Lsn overwritten)
    {
        var timeline = _pages.Header.Timeline;
        if (_long.Read(at, total, _current.Lsn) is { } fault)
        {
            _cutOff = at;
            return fault;
        }
        return Accept(WalRecordHeader.Read(_long.Bytes, at, timeline), _long.Bytes, _long.End, overwritten);
    }

    private WalFault? Accept(in WalRecordHeader header, ReadOnlySpan<byte> record, Lsn endExact, Lsn overwritten)
    {
        if (WalRecordChecks.Checksum(header, record) is { } damaged)
            return damaged;
        if (overwritten.IsValid && WalRecordChecks.Overwrite(header, record, overwritten) is { } other)
            return other;
        _current = header with { End = new Lsn((endExact.Value + 7) & ~7UL), EndExact = endExact };
        _next = header.IsSwitch ? EndOfSegment() : _current.End;
        return null;
    }

    /// <summary>Nothing more stands in a segment behind a switch record: it ends where the next segment begins.</summary>
    private Lsn EndOfSegment()
    {
        var end = WalSegment.At(_current.Timeline, new Lsn(_current.End.Value - 1), _segmentSize).End;
        _current = _current with { End = end };
        return end;
    }

    private string FileOf(Lsn at)
    {
        var timeline = _pages.Header.Timeline;
        return timeline.Value == 0 ? $"WAL at {at}" : WalSegment.At(timeline, at, _segmentSize).FileName;
    }
}
