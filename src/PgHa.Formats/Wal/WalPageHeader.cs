using System.Buffers.Binary;

namespace PgHa.Formats.Wal;

/// <summary>The header of a WAL page (XLogPageHeaderData and XLogLongPageHeaderData, access/xlog_internal.h).</summary>
/// <param name="Magic">The version of the WAL format, one for each major.</param>
/// <param name="Info">Flags.</param>
/// <param name="Timeline">The timeline that wrote the page.</param>
/// <param name="Address">The position of the page.</param>
/// <param name="Remaining">How many bytes of a record begun earlier are still to come, from this page on.</param>
public readonly record struct WalPageHeader(ushort Magic, ushort Info, TimelineId Timeline, Lsn Address, uint Remaining)
{
    /// <summary>The size of the header in bytes.</summary>
    public const int ShortSize = 24;

    /// <summary>The size of the header of a segment's first page in bytes.</summary>
    public const int LongSize = 40;

    /// <summary>The page begins with the rest of a record (XLP_FIRST_IS_CONTRECORD).</summary>
    public bool IsContinuation => (Info & 1) != 0;

    /// <summary>The header is a long one, as on a segment's first page (XLP_LONG_HEADER).</summary>
    public bool IsLong => (Info & 2) != 0;

    /// <summary>A record begun earlier was never completed, another one begins here (XLP_FIRST_IS_OVERWRITE_CONTRECORD).</summary>
    public bool OverwritesContinuation => (Info & 8) != 0;

    /// <summary>The header's size in bytes, also the offset of what follows in the page.</summary>
    public int Size => IsLong ? LongSize : ShortSize;

    /// <summary>The major version of PostgreSQL that writes such pages, 13 to 18; 0 when it is none of these.</summary>
    public int Major => MajorOf(Magic);

    /// <summary>Reads a page's first 24 bytes.</summary>
    public static WalPageHeader Read(ReadOnlySpan<byte> page) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(page),
        BinaryPrimitives.ReadUInt16LittleEndian(page[2..]),
        new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(page[4..])),
        new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(page[8..])),
        BinaryPrimitives.ReadUInt32LittleEndian(page[16..]));

    private static int MajorOf(ushort magic) => magic switch
    {
        0xD106 => 13,
        0xD10D => 14,
        0xD110 => 15,
        0xD113 => 16,
        0xD116 => 17,
        0xD118 => 18,
        _ => 0,
    };
}
