using System.Buffers.Binary;
using System.Numerics;
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
        if (BitConverter.IsLittleEndian)
        {
            foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
                crc = BitOperations.Crc32C(crc, word);
            bytes = bytes[(bytes.Length & ~7)..];
        }
        else
        {
            for (; bytes.Length >= 8; bytes = bytes[8..])
                crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }
        foreach (var b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
