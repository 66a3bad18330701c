using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace PgHa.Formats.Wal;

/// <summary>The header of a WAL record (XLogRecord, access/xlogrecord.h) and where the record lies.</summary>
public readonly record struct WalRecordHeader
{
    /// <summary>The size of the header in bytes.</summary>
    public const int Size = 24;

    /// <summary>The longest record a server can read back, in bytes (MaxAllocSize).</summary>
    public const uint MaxLength = 0x3FFF_FFFF;

    private const byte SwitchInfo = 0x40, OverwriteInfo = 0xD0;

    /// <summary>Where the record starts; at a page's beginning that is behind the page header.</summary>
    public Lsn Lsn { get; init; }

    /// <summary>Where the next record's page or header starts: the end, rounded up to 8 bytes; the segment's end after a switch.</summary>
    public Lsn End { get; init; }

    /// <summary>The position behind the record's last byte.</summary>
    public Lsn EndExact { get; init; }

    /// <summary>The start of the record before.</summary>
    public Lsn Prev { get; init; }

    /// <summary>The timeline of the page on which the record starts.</summary>
    public TimelineId Timeline { get; init; }

    /// <summary>The whole record's length in bytes, header included.</summary>
    public uint TotalLength { get; init; }

    /// <summary>The transaction, or zero.</summary>
    public uint Xid { get; init; }

    /// <summary>The CRC-32C of the record.</summary>
    public uint Crc { get; init; }

    /// <summary>The number of the resource manager (access/rmgrlist.h).</summary>
    public byte Rmgr { get; init; }

    /// <summary>Operation (high four bits, the resource manager's) and flags (low four bits).</summary>
    public byte Info { get; init; }

    /// <summary>A switch to the next segment: nothing more follows in this one (XLOG_SWITCH).</summary>
    public bool IsSwitch => Rmgr == 0 && (Info & 0xF0) == SwitchInfo;

    /// <summary>Stands in place of the rest of a record that a crash cut off (XLOG_OVERWRITE_CONTRECORD).</summary>
    public bool IsOverwriteContrecord => Rmgr == 0 && (Info & 0xF0) == OverwriteInfo;

    /// <summary>Reads the 24 bytes of the header; the record is taken to lie in one piece.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static WalRecordHeader Read(ReadOnlySpan<byte> bytes, Lsn lsn, TimelineId timeline)
    {
        var raw = bytes[..Size];
        var total = BinaryPrimitives.ReadUInt32LittleEndian(raw);
        var endExact = lsn.Value + total;
        return new()
        {
            Lsn = lsn,
            End = new Lsn((endExact + 7) & ~7UL),
            EndExact = new Lsn(endExact),
            Timeline = timeline,
            TotalLength = total,
            Xid = BinaryPrimitives.ReadUInt32LittleEndian(raw[4..]),
            Prev = new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(raw[8..])),
            Info = raw[16],
            Rmgr = raw[17],
            Crc = BinaryPrimitives.ReadUInt32LittleEndian(raw[20..]),
        };
    }
}
