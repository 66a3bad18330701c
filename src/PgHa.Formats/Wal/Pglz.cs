namespace PgHa.Formats.Wal;

/// <summary>PostgreSQL's own compression (common/pg_lzcompress.c).</summary>
internal static class Pglz
{
    /// <summary>Fills the target exactly from exactly the source; false when the bytes do not allow that.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        var (from, to) = (0, 0);
        while (from < source.Length && to < target.Length)
        {
            // Each bit of a control byte says what follows: 0 a byte as it is, 1 a reference back.
            var control = source[from++];
            for (var bit = 0; bit < 8 && from < source.Length && to < target.Length; bit++, control >>= 1)
            {
                if ((control & 1) == 0)
                    target[to++] = source[from++];
                else if (!TryReference(source, ref from, target, ref to))
                    return false;
            }
        }
        return from == source.Length && to == target.Length;
    }

    private static bool TryReference(ReadOnlySpan<byte> source, ref int from, Span<byte> target, ref int to)
    {
        if (source.Length - from < 2)
            return false;
        var length = (source[from] & 0x0F) + 3;
        var offset = (source[from] & 0xF0) << 4 | source[from + 1];
        from += 2;
        if (length == 18)
        {
            if (from == source.Length)
                return false;
            length += source[from++];
        }
        return BackReference.TryCopy(target, ref to, offset, Math.Min(length, target.Length - to));
    }
}
