using System.Text.Json;

namespace PgHa.Formats.Tests;

[Trait("Category", "Fast")]
public sealed class LsnTests
{
    [Theory]
    [InlineData("0/0", 0ul)]
    [InlineData("16/B374D848", 0x16_B374D848ul)]
    [InlineData("ffffffff/ffffffff", ulong.MaxValue)]
    [InlineData("00000001/00000002", 0x1_00000002ul)]
    public void The_text_form_is_read_as_PostgreSQL_does(string text, ulong value)
    {
        Assert.Equal(value, Lsn.Parse(text).Value);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        Assert.True(Lsn.TryParse(text[..slash], text[(slash + 1)..], out var halves));
        Assert.Equal(value, halves.Value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("0")]
    [InlineData("0/")]
    [InlineData("/0")]
    [InlineData(" 0/0")]
    [InlineData("0/0 ")]
    [InlineData("+1/0")]
    [InlineData("0x1/0")]
    [InlineData("0/123456789")]
    [InlineData("0/0/0")]
    [InlineData("G/0")]
    public void Anything_else_is_refused(string? text) => Assert.False(Lsn.TryParse(text, out _));

    [Fact]
    public void It_is_printed_as_PostgreSQL_15_does()
    {
        Assert.Equal("16/B374D848", new Lsn(0x16_B374D848).ToString());
        Assert.Equal("0/28", new Lsn(0x28).ToString());
    }

    [Fact]
    public void Positions_compare_and_differ_in_bytes()
    {
        var (early, late) = (Lsn.Parse("0/FFFFFFF8"), Lsn.Parse("1/8"));
        Assert.True(early < late && late > early && early <= late && late >= early);
        Assert.Equal(16ul, late - early);
        Assert.Equal(late, early + 16);
        Assert.Equal((early, late), (Lsn.Min(late, early), Lsn.Max(early, late)));
        Assert.False(Lsn.Zero.IsValid);
    }

    [Fact]
    public void In_JSON_it_is_its_text_and_a_timeline_is_a_number()
    {
        Assert.Equal("\"16/B374D848\"", JsonSerializer.Serialize(Lsn.Parse("16/B374D848")));
        Assert.Equal(Lsn.Parse("16/B374D848"), JsonSerializer.Deserialize<Lsn>("\"16/B374D848\""));
        Assert.Equal("7", JsonSerializer.Serialize(new TimelineId(7)));
        Assert.Equal(new TimelineId(7), JsonSerializer.Deserialize<TimelineId>("7"));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Lsn>("\"x\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<TimelineId>("-1"));
    }
}
