using System.Buffers;
using System.IO.Hashing;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>
/// WAL to be compared: all bytes that stand for it. The unused rest of a segment behind a switch counts as the zeros that a server writes there,
/// because a file that was recycled may still hold its older WAL there (fact 54).
/// </summary>
internal static class UsedWal
{
    /// <summary>XXH128 over a range up to where the WAL is known to reach; null if a part of it is missing.</summary>
    internal static string? Digest(ReadWal read, uint segmentSize, Lsn from, Lsn to, CancellationToken cancel)
    {
        var hash = new XxHash128();
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        try
        {
            for (var at = from; at < to;)
            {
                var end = EndOfPart(at, to, segmentSize);
                if (!Append(hash, buffer, read, at, UsedEnd(read, segmentSize, end), end, cancel))
                    return null;
                at = end;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>Fills what was read of an unused rest with zeros; the bytes lie within one segment, and the WAL is known to reach to their end.</summary>
    internal static void Clear(ReadWal read, uint segmentSize, Lsn from, Span<byte> bytes)
    {
        var end = from + (ulong)bytes.Length;
        if (UsedEnd(read, segmentSize, end) is var used && used < end)
            bytes[(int)(used > from ? used - from : 0)..].Clear();
    }

    /// <summary>Up to where a segment is used before a position, up to which the WAL is known to reach.</summary>
    internal static Lsn UsedEnd(ReadWal read, uint segmentSize, Lsn upto) => UnusedRest.Begin(read, segmentSize, upto) ?? upto;

    private static Lsn EndOfPart(Lsn at, Lsn to, uint segmentSize) => Lsn.Min(to, new Lsn(((at.Value / segmentSize) + 1) * segmentSize));

    private static bool Append(XxHash128 hash, byte[] buffer, ReadWal read, Lsn at, Lsn used, Lsn end, CancellationToken cancel)
    {
        while (at < used)
        {
            cancel.ThrowIfCancellationRequested();
            var count = read(at, buffer.AsSpan(0, (int)Math.Min((ulong)buffer.Length, used - at)));
            if (count == 0)
                return false;
            hash.Append(buffer.AsSpan(0, count));
            at += (ulong)count;
        }
        for (ulong rest = end - at, part; rest > 0; rest -= part)
        {
            part = Math.Min((ulong)buffer.Length, rest);
            buffer.AsSpan(0, (int)part).Clear();
            hash.Append(buffer.AsSpan(0, (int)part));
        }
        return true;
    }
}
