using System.Buffers.Binary;

namespace PgHa.Formats.Wal;

/// <summary>The LZ4 block format, as wal_compression = lz4 writes it.</summary>
internal static class Lz4
{
    /// <summary>Fills the target exactly from exactly the source; false when the bytes do not allow that.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        var (from, to) = (0, 0);
        while (from < source.Length)
        {
            var token = source[from++];
            if (!TryLength(source, ref from, token >> 4, out var literals)
                || literals > source.Length - from || literals > target.Length - to)
                return false;
            source.Slice(from, literals).CopyTo(target[to..]);
            from += literals;
            to += literals;
            // The last sequence is literals only.
            if (from == source.Length)
                break;
            if (source.Length - from < 2)
                return false;
            var offset = BinaryPrimitives.ReadUInt16LittleEndian(source[from..]);
            from += 2;
            if (!TryLength(source, ref from, token & 15, out var match) || !BackReference.TryCopy(target, ref to, offset, match + 4))
                return false;
        }
        return to == target.Length;
    }

    /// <summary>A length of 15 goes on in further bytes, up to the first that is not 255.</summary>
    private static bool TryLength(ReadOnlySpan<byte> source, ref int from, int start, out int length)
    {
        length = start;
        if (start < 15)
            return true;
        while (from < source.Length)
        {
            var more = source[from++];
            length += more;
            if (more < 255)
                return true;
        }
        return false;
    }
}
