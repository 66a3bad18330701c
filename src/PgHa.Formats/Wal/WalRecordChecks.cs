using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace PgHa.Formats.Wal;

/// <summary>What every record must fulfil (ValidXLogRecordHeader and ValidXLogRecord, access/transam/xlogreader.c).</summary>
internal static class WalRecordChecks
{
    public static WalFault? Length(Lsn at, uint total) => total switch
    {
        0 => new WalFault(EndReason.ZeroLength, at, "a record", "zeros"),
        < WalRecordHeader.Size or > WalRecordHeader.MaxLength =>
            new WalFault(EndReason.BadLength, at, $"a record of {WalRecordHeader.Size} bytes to 1 GB", $"{total}"),
        _ => null,
    };

    /// <summary>The link back and the resource manager.</summary>
    /// <param name="header">The header.</param>
    /// <param name="previous">The record read before; zero for the first, of which only this is known: its link leads back.</param>
    public static WalFault? Header(in WalRecordHeader header, Lsn previous)
    {
        if (previous.IsValid ? header.Prev != previous : header.Prev >= header.Lsn)
            return new WalFault(EndReason.BadPrevLink, header.Lsn,
                previous.IsValid ? $"prev-link {previous}" : $"a prev-link before {header.Lsn}", header.Prev.ToString());
        return header.Rmgr is > 21 and < 128
            ? new WalFault(EndReason.BadResourceManager, header.Lsn, "resource manager 0 to 21 or 128 to 255", $"{header.Rmgr}")
            : null;
    }

    /// <summary>All of it at once, for a whole record that most likely is in order and is not the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsInOrder(ReadOnlySpan<byte> record, Lsn previous) =>
        previous.IsValid && BinaryPrimitives.ReadUInt64LittleEndian(record[8..]) == previous.Value
        && record[17] is (<= 21 or >= 128) && BinaryPrimitives.ReadUInt32LittleEndian(record[20..]) == Sum(record);

    /// <summary>The checksum covers what follows the header, then the header up to the checksum itself.</summary>
    public static WalFault? Checksum(in WalRecordHeader header, ReadOnlySpan<byte> record)
    {
        var crc = Sum(record);
        return crc == header.Crc ? null : new WalFault(EndReason.BadCrc, header.Lsn, $"CRC-32C {crc:x8}", $"{header.Crc:x8}");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Sum(ReadOnlySpan<byte> record)
    {
        // The 20 bytes as three words: most records are not much longer, and going through a loop would cost as much again.
        var crc = ~Crc32C.Compute(record[WalRecordHeader.Size..]);
        crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(record));
        crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(record[8..]));
        return ~BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(record[16..]));
    }

    /// <summary>What takes the place of a cut-off record says which one that was (xl_overwrite_contrecord).</summary>
    public static WalFault? Overwrite(in WalRecordHeader header, ReadOnlySpan<byte> record, Lsn overwritten)
    {
        var found = header.IsOverwriteContrecord && record.Length >= 34
            ? new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(record[26..]))
            : Lsn.Zero;
        return found == overwritten ? null : new WalFault(EndReason.BadContinuation, header.Lsn,
            $"a record that overwrites the one at {overwritten}", $"one that overwrites {found}");
    }
}
