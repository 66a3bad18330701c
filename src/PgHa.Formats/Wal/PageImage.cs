namespace PgHa.Formats.Wal;

/// <summary>A full-page image in a record (XLogRecordBlockImageHeader, access/xlogrecord.h), without its hole of zeros.</summary>
/// <param name="Length">Bytes stored in the record.</param>
/// <param name="HoleOffset">Where in the page the hole is.</param>
/// <param name="HoleLength">The hole's length in bytes; zero when there is none.</param>
/// <param name="Compression">How the stored bytes are compressed.</param>
/// <param name="Apply">Replay puts the image in place; otherwise it serves only wal_consistency_checking.</param>
public readonly record struct PageImage(
    ushort Length, ushort HoleOffset, ushort HoleLength, ImageCompression Compression, bool Apply)
{
    /// <summary>BLCKSZ in bytes; servers built with another size are not supported.</summary>
    public const int PageSize = 8192;

    /// <summary>The number of bytes after decompression, before the hole is put back.</summary>
    public int RawLength => PageSize - HoleLength;
}
