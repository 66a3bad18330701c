using CsCheck;

namespace PgHa.Formats.Tests;

[Trait("Category", "Fast")]
public sealed class WalFileNameTests
{
    [Theory]
    [InlineData("000000010000000000000001", WalFileKind.Segment)]
    [InlineData("0000000200000001000000FF.partial", WalFileKind.Partial)]
    [InlineData("00000002.history", WalFileKind.History)]
    [InlineData("000000010000000000000002.00000028.backup", WalFileKind.Backup)]
    public void Names_are_read_and_written_back(string text, WalFileKind kind)
    {
        Assert.True(WalFileName.TryParse(text, out var name));
        Assert.Equal((kind, text), (name.Kind, name.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("../00000001.history")]
    [InlineData("00000001.history/..")]
    [InlineData("00000000.history")]
    [InlineData("0000000a.history")]
    [InlineData("00000001.HISTORY")]
    [InlineData("00000001.history ")]
    [InlineData("00000001.history\n")]
    [InlineData("000000000000000000000001")]
    [InlineData("00000001000000000000000g")]
    [InlineData("00000001000000000000000a")]
    [InlineData("00000001000000000000001")]
    [InlineData("0000000100000000000000011")]
    [InlineData("000000010000000000001000")]
    [InlineData("000000010000000000000001.partial.partial")]
    [InlineData("000000010000000000000001.backup")]
    [InlineData("000000010000000000000001.0000002g.backup")]
    [InlineData("000000010000000000000001.00000028.backup.x")]
    [InlineData("000000010000000000000001\0")]
    public void Every_other_name_is_refused(string? text) => Assert.False(WalFileName.TryParse(text, out _));

    [Fact]
    public void A_segment_of_every_size_comes_back_from_its_name() =>
        Gen.Select(Gen.UInt[1, uint.MaxValue], Gen.ULong, Gen.Int[20, 30]).Sample((timeline, position, power) =>
        {
            var segment = WalSegment.At(new TimelineId(timeline), new Lsn(position), 1u << power);
            return WalFileName.TryParse(segment.FileName, out var name) && name.Fits(segment.Size)
                && name.Segment(segment.Size) == segment && segment.Start.Value <= position
                && position - segment.Start.Value < segment.Size && segment.Next.Start == segment.End;
        });

    [Fact]
    public void A_number_that_does_not_exist_with_the_size_is_seen()
    {
        Assert.True(WalFileName.TryParse("000000010000000000000100", out var name));
        Assert.False(name.Fits(16 << 20));
        Assert.True(name.Fits(8 << 20));
        Assert.False(name.Fits(0));
        Assert.Throws<InvalidOperationException>(() => name.Segment(16 << 20));
    }
}
