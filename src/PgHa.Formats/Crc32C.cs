using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PgHa.Formats;

/// <summary>
/// CRC-32C (Castagnoli) as PostgreSQL uses it for WAL, the control file and slots (port/pg_crc32c.h).
/// The processor's instruction does the work (SSE 4.2, ARMv8); the runtime falls back to a table where there is none.
/// </summary>
public static class Crc32C
{
    /// <summary>The checksum of some bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>Goes on from the checksum of the bytes before; zero is the checksum of nothing.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        if (bytes.Length >= Crc32CLanes.BlockSize && Crc32CLanes.IsSupported)
            crc = Crc32CLanes.Append(crc, ref bytes);
        if (BitConverter.IsLittleEndian)
        {
            foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
                crc = BitOperations.Crc32C(crc, word);
        }
        else
        {
            for (var rest = bytes; rest.Length >= 8; rest = rest[8..])
                crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(rest));
        }
        return ~AppendFewerThan8(crc, bytes[(bytes.Length & ~7)..]);
    }

    // No loop: how often it turns is what the processor guesses wrong in short records.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint AppendFewerThan8(uint crc, ReadOnlySpan<byte> rest)
    {
        if ((rest.Length & 4) != 0)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(rest));
            rest = rest[4..];
        }
        if ((rest.Length & 2) != 0)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt16LittleEndian(rest));
            rest = rest[2..];
        }
        return (rest.Length & 1) != 0 ? BitOperations.Crc32C(crc, rest[0]) : crc;
    }
}
