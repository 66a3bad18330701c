using ZstdSharp;

namespace PgHa.Formats.Wal;

/// <summary>A zstd frame, as wal_compression = zstd stores page images (ZSTD_compressCCtx in xloginsert.c), taken apart by a library.</summary>
internal static class Zstd
{
    [ThreadStatic]
    private static Decompressor? decompressor;

    /// <summary>Fills the destination exactly, or returns false: damaged bytes, or another length.</summary>
    internal static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        decompressor ??= new();
        try
        {
            return decompressor.TryUnwrap(source, destination, out var written) && written == destination.Length;
        }
        catch (ZstdException)
        {
            return false; // how the library says that the bytes are no frame
        }
    }
}
