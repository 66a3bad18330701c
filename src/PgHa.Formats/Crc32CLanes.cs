using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PgHa.Formats;

/// <summary>
/// CRC-32C of long runs of bytes. The instruction takes three cycles, but one can begin in each cycle: three stretches
/// ("lanes") are summed side by side, and a carry-less multiplication joins them.
/// </summary>
internal static class Crc32CLanes
{
    /// <summary>The bytes taken at a time, in three lanes.</summary>
    public const int BlockSize = 3 * LaneSize;

    private const int LaneSize = 256, LaneWords = LaneSize / 8;

    // Moves a sum over that many zero bytes: x^(8n - 33) modulo the polynomial, bits reflected, for n of one and of two lanes.
    private const ulong OverOneLane = 0xB9E02B86, OverTwoLanes = 0xDD7E3B0C;

    /// <summary>Whether the processor has the instructions.</summary>
    public static bool IsSupported => Pclmulqdq.IsSupported && Sse42.X64.IsSupported;

    /// <summary>Takes all whole blocks off the bytes.</summary>
    /// <param name="crc">The sum so far, as the instruction keeps it: its bits are not inverted.</param>
    /// <param name="bytes">The bytes; what is left of them afterwards is shorter than a block.</param>
    public static uint Append(uint crc, ref ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= BlockSize; bytes = bytes[BlockSize..])
        {
            var words = MemoryMarshal.Cast<byte, ulong>(bytes[..BlockSize]);
            var first = words[..LaneWords];
            var second = words.Slice(LaneWords, first.Length);
            var third = words.Slice(2 * LaneWords, first.Length);
            var (a, b, c) = (crc, 0u, 0u);
            for (var i = 0; i < first.Length; i++)
            {
                a = BitOperations.Crc32C(a, first[i]);
                b = BitOperations.Crc32C(b, second[i]);
                c = BitOperations.Crc32C(c, third[i]);
            }
            crc = BitOperations.Crc32C(0, Multiply(a, OverTwoLanes) ^ Multiply(b, OverOneLane)) ^ c;
        }
        return crc;
    }

    private static ulong Multiply(uint crc, ulong by) =>
        Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar((ulong)crc), Vector128.CreateScalar(by), 0).ToScalar();
}
