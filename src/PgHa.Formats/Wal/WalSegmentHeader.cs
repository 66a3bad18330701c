using System.Buffers.Binary;

namespace PgHa.Formats.Wal;

/// <summary>The beginning of a segment's file (XLogLongPageHeaderData, access/xlog_internal.h): what it says of the whole file.</summary>
/// <param name="Page">The header of its first page.</param>
/// <param name="SystemIdentifier">The cluster that wrote it.</param>
/// <param name="SegmentSize">wal_segment_size in bytes.</param>
public sealed record WalSegmentHeader(WalPageHeader Page, ulong SystemIdentifier, uint SegmentSize)
{
    /// <summary>Reads a segment's first 40 bytes.</summary>
    /// <param name="bytes">The beginning of the file.</param>
    /// <param name="file">Its name, for errors.</param>
    public static Parsed<WalSegmentHeader> Read(ReadOnlySpan<byte> bytes, string file)
    {
        if (bytes.Length < WalPageHeader.LongSize)
            return new FormatError(file, bytes.Length, "a WAL segment", $"only {bytes.Length} bytes");
        var page = WalPageHeader.Read(bytes);
        if (page.Major == 0)
            return new FormatError(file, 0, "the page magic of PostgreSQL 13 to 18", page.Magic == 0 ? "zeros" : $"{page.Magic:X4}");
        if (!page.IsLong)
            return new FormatError(file, 2, "a long page header", $"flags {page.Info:X4}");
        var segmentSize = BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]);
        if (!WalSegment.IsValidSize(segmentSize))
            return new FormatError(file, 32, "a segment size from 1 MB to 1 GB", $"{segmentSize}");
        return new WalSegmentHeader(page, BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]), segmentSize);
    }
}
