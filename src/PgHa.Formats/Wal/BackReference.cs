namespace PgHa.Formats.Wal;

/// <summary>What both compression methods do: repeat bytes that were already written.</summary>
internal static class BackReference
{
    /// <summary>Repeats bytes from some way back; the two ranges may overlap, which makes runs.</summary>
    public static bool TryCopy(Span<byte> target, ref int to, int offset, int length)
    {
        if (offset == 0 || offset > to || length > target.Length - to)
            return false;
        for (; length > 0; length--, to++)
            target[to] = target[to - offset];
        return true;
    }
}
