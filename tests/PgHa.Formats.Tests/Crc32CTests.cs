using System.Text;
using CsCheck;

namespace PgHa.Formats.Tests;

[Trait("Category", "Fast")]
public sealed class Crc32CTests
{
    [Fact]
    public void The_check_value_of_Castagnoli_is_right() => Assert.Equal(0xE3069283u, Crc32C.Compute(Encoding.ASCII.GetBytes("123456789")));

    [Fact]
    public void It_is_the_polynomial_bit_by_bit_however_the_bytes_are_cut() =>
        Gen.Select(Gen.OneOf(Gen.Byte.Array[0, 300], Gen.Byte.Array[700, 5000]), Gen.Int[0, 5000]).Sample((bytes, cut) =>
        {
            cut = Math.Min(cut, bytes.Length);
            var whole = Crc32C.Compute(bytes);
            return whole == Crc32C.Append(Crc32C.Compute(bytes.AsSpan(0, cut)), bytes.AsSpan(cut)) && whole == BitByBit(bytes);
        });

    private static uint BitByBit(byte[] bytes)
    {
        var crc = ~0u;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
        }
        return ~crc;
    }
}
