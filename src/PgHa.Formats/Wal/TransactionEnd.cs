using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace PgHa.Formats.Wal;

/// <summary>The end of a transaction (xl_xact_commit and xl_xact_abort, access/xact.h).</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Xid">The transaction; of a prepared one its own number, not that of the session that ended it.</param>
/// <param name="Time">When.</param>
/// <param name="Subtransactions">The number of subtransactions that ended with it.</param>
/// <param name="Gid">The name of a prepared transaction where WAL carries it (wal_level logical); otherwise null.</param>
public sealed record TransactionEnd(TransactionEndKind Kind, uint Xid, DateTimeOffset Time, int Subtransactions, string? Gid)
{
    /// <summary>The subtransactions that ended with it, in the order of the record.</summary>
    public IReadOnlyList<uint> SubtransactionXids { get; init; } = [];

    [Flags]
    private enum Parts : uint
    {
        Database = 1,
        Subtransactions = 2,
        Relations = 4,
        Invalidations = 8,
        TwoPhase = 16,
        Gid = 128,
        DroppedStatistics = 256,
    }

    /// <summary>Reads the end of a transaction out of a record.</summary>
    /// <returns>False when the record is no such end (then there is no error either), or is not right.</returns>
    public static bool TryRead(
        in WalRecord record, int major, [NotNullWhen(true)] out TransactionEnd? end, out FormatError? error)
    {
        (end, error) = (null, null);
        if (record.Header.Rmgr != 1 || KindOf(record.Header.Info) is not { } kind)
            return false;
        end = Read(record, kind, major);
        if (end is null)
            error = new FormatError($"WAL record at {record.Header.Lsn}", 0, "the end of a transaction", "too few bytes for its parts");
        return end is not null;
    }

    private static TransactionEndKind? KindOf(byte info) => (info & 0x70) switch
    {
        0x00 => TransactionEndKind.Commit,
        0x20 => TransactionEndKind.Abort,
        0x30 => TransactionEndKind.CommitPrepared,
        0x40 => TransactionEndKind.AbortPrepared,
        _ => null,
    };

    private static TransactionEnd? Read(in WalRecord record, TransactionEndKind kind, int major)
    {
        var rest = record.MainData;
        if (rest.Length < 8)
            return null;
        var time = UnixTime.FromTimestamp(BinaryPrimitives.ReadInt64LittleEndian(rest));
        rest = rest[8..];
        uint info = 0;
        if ((record.Header.Info & 0x80) != 0 && !TryTake(ref rest, out info))
            return null;
        var parts = (Parts)info;
        uint[] subtransactions = [];
        var whole = (!parts.HasFlag(Parts.Database) || Skip(ref rest, 8))
            && (!parts.HasFlag(Parts.Subtransactions) || TryTakeArray(ref rest, out subtransactions))
            && (!parts.HasFlag(Parts.Relations) || SkipArray(ref rest, 12))
            && (!parts.HasFlag(Parts.DroppedStatistics) || SkipArray(ref rest, major >= 18 ? 16u : 12u))
            && (!parts.HasFlag(Parts.Invalidations) || SkipArray(ref rest, 16));
        var xid = record.Header.Xid;
        string? gid = null;
        whole = whole && (!parts.HasFlag(Parts.TwoPhase) || TryTake(ref rest, out xid))
            && (!parts.HasFlag(Parts.Gid) || TryTakeText(ref rest, out gid));
        return whole ? new TransactionEnd(kind, xid, time, subtransactions.Length, gid) { SubtransactionXids = subtransactions } : null;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out uint value)
    {
        var whole = BinaryPrimitives.TryReadUInt32LittleEndian(rest, out value);
        rest = whole ? rest[4..] : rest;
        return whole;
    }

    private static bool Skip(ref ReadOnlySpan<byte> rest, long count)
    {
        if (count > rest.Length)
            return false;
        rest = rest[(int)count..];
        return true;
    }

    private static bool SkipArray(ref ReadOnlySpan<byte> rest, uint size) =>
        TryTake(ref rest, out var number) && Skip(ref rest, (long)number * size);

    private static bool TryTakeArray(ref ReadOnlySpan<byte> rest, out uint[] values)
    {
        values = [];
        if (!TryTake(ref rest, out var count) || count * 4L > rest.Length)
            return false;
        values = MemoryMarshal.Cast<byte, uint>(rest[..((int)count * 4)]).ToArray();
        return Skip(ref rest, count * 4L);
    }

    private static bool TryTakeText(ref ReadOnlySpan<byte> rest, out string? text)
    {
        var end = rest.IndexOf((byte)0);
        text = end < 0 ? null : Encoding.UTF8.GetString(rest[..end]);
        return end >= 0;
    }
}
