using CsCheck;
using PgHa.Formats.Control;

namespace PgHa.Formats.Tests.Control;

[Trait("Category", "Fast")]
public sealed class HostileControlFileTests
{
    [Fact]
    public void Any_contents_with_a_right_checksum_are_a_control_file_or_an_error() =>
        Gen.Select(Gen.Int[0, 2], Gen.Byte.Array[8192], Gen.Bool).Sample((version, bytes, plausible) =>
        {
            var (number, crcAt) = version switch { 0 => (1300, 288), 1 => (1700, 288), _ => (1800, 292) };
            BitConverter.TryWriteBytes(bytes.AsSpan(8), number);
            if (plausible)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(16), (uint)bytes[16] % 7);
                BitConverter.TryWriteBytes(bytes.AsSpan(172), (uint)bytes[172] % 3);
                BitConverter.TryWriteBytes(bytes.AsSpan(228), 1u << (20 + bytes[228] % 11));
            }
            BitConverter.TryWriteBytes(bytes.AsSpan(crcAt), Crc32C.Compute(bytes.AsSpan(0, crcAt)));
            var read = ControlFile.Read(bytes, "pg_control");
            Assert.True(read.IsOk || (!plausible && read.Error.Offset is 16 or 172 or 228));
            if (read.IsOk)
                Assert.True(WalSegment.IsValidSize(read.Value.WalSegmentSize));
        });

    [Fact]
    public void A_version_that_is_not_known_is_named()
    {
        var bytes = new byte[8192];
        BitConverter.TryWriteBytes(bytes.AsSpan(8), 1201);
        Assert.Equal("pg_control, offset 8: expected pg_control version 1300, 1700 or 1800, found 1201",
            ControlFile.Read(bytes, "pg_control").Error?.ToString());
    }
}
