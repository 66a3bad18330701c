namespace PgHa.Formats.Wal;

/// <summary>How a full-page image is compressed (wal_compression).</summary>
public enum ImageCompression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>PostgreSQL's own method, the only one before 15.</summary>
    Pglz,

    /// <summary>LZ4, block format.</summary>
    Lz4,

    /// <summary>Zstandard.</summary>
    Zstd,
}
