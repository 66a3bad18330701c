namespace PgHa.Formats.Tests;

[Trait("Category", "Fast")]
public sealed class TimelineReservationTests
{
    [Fact]
    public void What_reserves_a_number_is_known_again_and_tells_of_no_ancestor()
    {
        var text = TimelineReservation.Of(new(7));
        Assert.True(TimelineReservation.IsOne(text));
        Assert.False(TimelineHistory.Parse(new(7), text).IsOk);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# somebody else's comment\n")]
    [InlineData("# pgha: timeline 7 is reser")] // torn
    [InlineData("# pgha: timeline 7 is reserved\n1\t0/3000000\tno recovery target specified\n")]
    public void Nothing_else_is_taken_for_it(string text) => Assert.False(TimelineReservation.IsOne(text));
}
