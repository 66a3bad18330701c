using CsCheck;

namespace PgHa.Formats.Tests;

[Trait("Category", "Fast")]
public sealed class TimelineHistoryTests
{
    private const string Text = "1\t0/3000148\tno recovery target specified\n\n# a comment\n2\t0/50000A0\tbefore 2026-01-01\n";

    [Fact]
    public void The_lineage_has_a_span_for_each_ancestor_and_the_timeline_itself()
    {
        var history = TimelineHistory.Parse(new TimelineId(4), Text).Value;
        Assert.Equal(
            [
                new(new(1), Lsn.Zero, Lsn.Parse("0/3000148")), new(new(2), Lsn.Parse("0/3000148"), Lsn.Parse("0/50000A0")),
                new TimelineSpan(new(4), Lsn.Parse("0/50000A0"), null),
            ],
            history.Entries);
        Assert.Equal(1u, history.SpanAt(Lsn.Parse("0/3000147")).Timeline.Value);
        Assert.Equal(2u, history.SpanAt(Lsn.Parse("0/3000148")).Timeline.Value);
        Assert.Equal(4u, history.SpanAt(Lsn.Parse("0/50000A0")).Timeline.Value);
    }

    [Fact]
    public void A_timeline_without_a_file_is_its_own_lineage() =>
        Assert.Equal([new(new(1), Lsn.Zero, null)], TimelineHistory.Root(new TimelineId(1)).Entries);

    [Theory]
    [InlineData("", 0)]
    [InlineData("# nothing\n", 10)]
    [InlineData("1\t0/3000148\tx\nrubbish\n", 14)]
    [InlineData("1\t0/3000148", 0)]
    [InlineData("x\t0/3000148\n", 0)]
    [InlineData("-1\t0/3000148\n", 0)]
    [InlineData("4\t0/3000148\n", 0)]
    [InlineData("2\t0/3000148\n1\t0/4000000\n", 12)]
    [InlineData("1\t0/3000148\n2\t0/2000000\n", 12)]
    public void A_torn_or_wrong_file_is_an_error_with_its_place(string text, int offset)
    {
        var parsed = TimelineHistory.Parse(new TimelineId(4), text);
        Assert.Equal(("00000004.history", (long)offset), (parsed.Error?.File, parsed.Error?.Offset));
    }

    [Fact]
    public void Any_text_gives_a_lineage_or_an_error() =>
        Gen.OneOf(Gen.String, Gen.Char["0123/\t #\n"].Array[0, 40].Select(c => new string(c))).Sample(text =>
        {
            var parsed = TimelineHistory.Parse(new TimelineId(9), text);
            Assert.True(parsed.IsOk ? parsed.Value.Entries[^1].Timeline.Value == 9 : parsed.Error.ToString().Length > 0);
        });
}
