using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Which WAL a standby needs that its upstream's WAL sender cannot serve (facts 45 and 46).</summary>
[Trait("Category", "Fast")]
public class BringRulesTests
{
    private const uint Size = 1 << 24;

    /// <summary>Timelines 2 and 3 begin in segment 3, timeline 4 in segment 5.</summary>
    private static readonly TimelineSpan[] Line = [Span(1, 0, 0x3000100), Span(2, 0x3000100, 0x3000200), Span(3, 0x3000200, 0x5000100), Span(4, 0x5000100, null)];

    private static TimelineSpan Span(uint timeline, ulong begin, ulong? end) => new(new(timeline), new(begin), end is { } e ? new Lsn(e) : null);

    private static IEnumerable<string> Opened(ulong number) => WalSender.Opens(Line, number, Size).Select(o => $"{o.Asked.Timeline}:{o.File}");

    [Fact]
    public void Within_a_timeline_its_own_file_is_opened() => Assert.Equal(["1:000000010000000000000002"], Opened(2));

    [Fact]
    public void Where_a_timeline_ends_the_file_of_the_next_is_opened() =>
        Assert.Equal(["1:000000020000000000000003", "2:000000030000000000000003", "3:000000030000000000000003"], Opened(3));

    [Fact]
    public void The_newest_timeline_is_served_from_its_own_files() =>
        Assert.Equal(["3:000000040000000000000005", "4:000000040000000000000005"], Opened(5));

    [Fact]
    public void A_timeline_that_ends_where_a_segment_does_is_not_asked_for_the_next_segment() => Assert.Equal(
        ["2:000000020000000000000003"], WalSender.Opens([Span(1, 0, 0x3000000), Span(2, 0x3000000, null)], 3, Size).Select(o => $"{o.Asked.Timeline}:{o.File}"));

    private static WalPosition At(string node, uint timeline, ulong end, ulong oldest, params StreamGap[] unserved) => new()
    {
        Node = node,
        SystemIdentifier = "1",
        Timeline = new(timeline),
        End = new(end),
        Oldest = new(oldest),
        Lineage = [.. Line.TakeWhile(s => s.Timeline.Value < timeline), Line[timeline - 1] with { End = null }],
        SegmentSize = Size,
        Unserved = unserved,
    };

    private static WalToBring? Judge(WalPosition own, WalPosition primary, bool promoted = false, WalPosition? third = null, WalKinship kin = WalKinship.Behind)
    {
        WalPosition[] all = [own, primary, .. third is null ? Array.Empty<WalPosition>() : [third]];
        return BringRules.For(own.Node, primary.Node, new(primary.Node, all.ToDictionary(p => p.Node, p => (Answer<WalPosition>)p),
            all.Where(p => p != primary).ToDictionary(p => p.Node, p => Sketch.Kin(p.Node, primary.Node, p == third ? kin : WalKinship.Behind, p.End))), promoted);
    }

    private static readonly StreamGap Gap = new(new(1), new(0x3000000));

    [Fact]
    public void A_node_that_missed_two_promotions_within_a_segment_gets_that_segment()
    {
        var bring = Judge(At("a", 1, 0x3000080, 0x1000000), At("b", 4, 0x6000000, 0x1000000, Gap));
        Assert.Equal([new Lsn(0x3000000)], bring!.Segments);
        Assert.Equal(["b"], bring.Sources);
    }

    [Fact]
    public void A_node_that_missed_only_the_last_of_them_streams() =>
        Assert.Null(Judge(At("a", 2, 0x3000180, 0x1000000), At("b", 4, 0x6000000, 0x1000000, Gap)));

    [Fact]
    public void Segments_before_the_end_of_its_WAL_are_not_asked_for() =>
        Assert.Null(Judge(At("a", 3, 0x4000000, 0x1000000), At("b", 4, 0x6000000, 0x1000000, Gap)));

    [Fact]
    public void A_promotion_to_come_renames_the_segment_that_it_ends_in()
    {
        Assert.Null(Judge(At("a", 1, 0x3000080, 0x1000000), At("b", 2, 0x3000180, 0x1000000)));
        Assert.NotNull(Judge(At("a", 1, 0x3000080, 0x1000000), At("b", 2, 0x3000180, 0x1000000), promoted: true));
        Assert.Null(Judge(At("a", 2, 0x3000180, 0x1000000), At("b", 2, 0x3000180, 0x1000000), promoted: true));
    }

    [Fact]
    public void What_the_primary_does_not_hold_any_more_comes_from_a_third_node_up_to_where_both_can_be_compared()
    {
        var bring = Judge(At("a", 4, 0x6000080, 0x5000000), At("b", 4, 0x9000080, 0x8000000), third: At("c", 4, 0x9000000, 0x5000000));
        Assert.Equal([new Lsn(0x6000000), new(0x7000000), new(0x8000000)], bring!.Segments);
        Assert.Equal(["c"], bring.Sources);
    }

    [Theory]
    [InlineData(0x6000080, 0x9000000, WalKinship.Behind)] // holds not more than the node itself
    [InlineData(0x5000000, 0x8000000, WalKinship.Behind)] // nothing that the primary still has
    [InlineData(0x5000000, 0x9000000, WalKinship.Forked)]
    public void A_third_node_that_proves_nothing_is_no_source(ulong oldest, ulong end, WalKinship kin) =>
        Assert.True(Judge(At("a", 4, 0x6000080, 0x5000000), At("b", 4, 0x9000080, 0x8000000), third: At("c", 4, end, oldest), kin: kin)!.Lost);

    [Fact]
    public void Where_no_node_holds_it_the_archive_is_asked_before_anything_else()
    {
        var own = At("a", 4, 0x6000080, 0x5000000) with { Restores = true };
        var primary = At("b", 4, 0x9000080, 0x8000000);
        Assert.True(Judge(own, primary) is { FromArchive: true, Lost: false, Sources: [] });
        Assert.True(Judge(own with { Restores = false }, primary)!.Lost);
        var wal = new WalView("b", new[] { own, primary }.ToDictionary(p => p.Node, p => (Answer<WalPosition>)p), new Dictionary<string, WalAncestry>());
        Assert.Equal([typeof(CheckUpstream), typeof(CheckArchive)], BringRules.Checks("a", "b", wal).Select(s => s.GetType()));
        Assert.Null(StandbyPlan.RefuseFollowing("a", "b", wal));
    }

    /// <summary>It went past the point where the primary's line left its timeline.</summary>
    [Fact]
    public void A_node_that_went_on_where_the_primarys_line_left_is_not_helped_by_an_archive() =>
        Assert.True(Judge(At("a", 3, 0x5000200, 0x5000000) with { Restores = true }, At("b", 4, 0x9000080, 0x8000000)) is { Lost: true });
}
