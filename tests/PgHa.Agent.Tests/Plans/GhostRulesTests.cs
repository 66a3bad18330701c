using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Which histories are believed.</summary>
[Trait("Category", "Fast")]
public class GhostRulesTests
{
    private static readonly WalPosition OnTwo = Sketch.Position("b", new(new(1), Lsn.Zero, new Lsn(0x3000100)), new(new(2), new(0x3000100), null));
    private static readonly WalPosition OnOne = Sketch.Position("a", new TimelineSpan(new(1), Lsn.Zero, null)) with { End = new(0x3000080) };

    private static TimelineHistory History(uint timeline, string text) => TimelineHistory.Parse(new(timeline), text).Value;

    [Theory]
    [InlineData("1\t0/3000100\tx\n", true), InlineData("1\t0/3000200\tx\n", false)]
    public void A_lineage_confirms_its_own_origin_only(string text, bool confirmed)
    {
        Assert.Equal(confirmed, GhostRules.InLineage(History(2, text), OnTwo));
        Assert.Equal(confirmed ? null : "b", GhostRules.Contradicts(History(2, text), [OnOne, OnTwo]));
    }

    [Theory]
    [InlineData("1\t0/3000080\tx\n", true), InlineData("1\t0/2000000\tx\n", true), InlineData("1\t0/3000081\tx\n", false), InlineData("1\t0/800000\tx\n", false)]
    public void WAL_of_the_parent_has_to_be_held_up_to_the_switch(string text, bool reaches) => Assert.Equal(reaches, GhostRules.Reaches(History(2, text), OnOne));

    [Fact]
    public void The_parent_ends_where_its_lineage_left_it() => Assert.False(GhostRules.Reaches(History(3, "1\t0/3000200\tx\n"), OnTwo));

    [Fact]
    public void A_ghost_leads_on_from_beyond_the_end_and_nobody_knows_it()
    {
        var beyond = History(2, "1\t0/3000100\tx\n");
        Assert.True(GhostRules.IsGhost(beyond, OnOne, [OnOne], hasSegments: false));
        Assert.False(GhostRules.IsGhost(beyond, OnOne, [OnOne], hasSegments: true));
        Assert.False(GhostRules.IsGhost(beyond, OnOne, [OnOne, OnTwo], hasSegments: false));
        Assert.False(GhostRules.IsGhost(History(2, "1\t0/3000080\tx\n"), OnOne, [OnOne], hasSegments: false));
        Assert.True(GhostRules.IsGhost(History(3, "1\t0/3000080\tx\n2\t0/F0000000\tx\n"), OnOne, [OnOne], hasSegments: false));
        Assert.True(GhostRules.IsGhost(History(9, "5\t0/3000000\tof another cluster\n"), OnOne, [OnOne], hasSegments: false));
    }
}
