using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Cluster;

[Trait("Category", "Fast")]
public class WalAncestryTests
{
    private static WalPosition At(string node, ulong end, ulong oldest = 0x1000000, params TimelineSpan[] lineage) => new()
    {
        Node = node,
        SystemIdentifier = "1",
        Timeline = lineage.Length > 0 ? lineage[^1].Timeline : new(1),
        End = new(end),
        Oldest = new(oldest),
        Lineage = lineage.Length > 0 ? lineage : [new(new(1), Lsn.Zero, null)],
        SegmentSize = 1 << 24,
    };

    private static TimelineSpan Span(uint timeline, ulong begin, ulong? end = null) => new(new(timeline), new(begin), end is { } e ? new Lsn(e) : null);

    private static WalKinship Judge(WalPosition a, WalPosition b, bool sameBytes = true) => Verdict(a, b, sameBytes).Kinship;

    private static WalAncestry Verdict(WalPosition a, WalPosition b, bool sameBytes = true)
    {
        var range = WalAncestry.RangeToCompare(a, b);
        return WalAncestry.Judge(a, b,
            range is var (f, t) ? new(f, t, "aa") : null,
            range is var (g, u) ? new(g, u, sameBytes ? "aa" : "bb") : null);
    }

    [Fact]
    public void A_verdict_says_what_it_rests_on()
    {
        var (a, b) = (At("a", 0x2000000), At("b", 0x3000000, 0x1800000));
        Assert.Equal(new WalEqual(b.Oldest, a.End, "aa", new("a", a.End, new(1)), new("b", b.End, new(1))), Verdict(a, b).Evidence);
        Assert.Equal(new WalDiffers("a", "b", new(b.Oldest, a.End, "aa"), new(b.Oldest, a.End, "bb")), Verdict(a, b, sameBytes: false).Evidence);
        Assert.Equal(new OtherCluster("a", "1", "b", "2"), Verdict(a, b with { SystemIdentifier = "2" }).Evidence);
        var late = At("b", 0x9000000, 0x5000000) with { Older = [new(new(0x3000000), new(0x4000000))] };
        Assert.Equal(new NoCommonWal(new("a", [new(a.Oldest, a.End)]), new("b", [late.Older[0], new(late.Oldest, late.End)]), a.End), Verdict(a, late).Evidence);
        WalTail here = new() { From = new(0x1900000), End = a.End, Commits = 1 }, there = new() { From = new(0x1900000), End = b.End, Commits = 3 };
        Assert.Equal(new WalParted("a", "b", here.From, here, there), Verdict(a, b, sameBytes: false).Parted(here, there).Evidence);
    }

    [Fact]
    public void Equal_ends_and_bytes_are_identical() => Assert.Equal(WalKinship.Identical, Judge(At("a", 0x3000000), At("b", 0x3000000)));

    [Fact]
    public void A_shorter_beginning_is_behind_and_the_other_ahead()
    {
        Assert.Equal(WalKinship.Behind, Judge(At("a", 0x2000000), At("b", 0x3000000)));
        Assert.Equal(WalKinship.Ahead, Judge(At("a", 0x3000000), At("b", 0x2000000)));
    }

    [Fact]
    public void Different_bytes_on_the_same_timeline_are_a_fork_even_with_equal_ends() =>
        Assert.Equal(WalKinship.Forked, Judge(At("a", 0x3000000), At("b", 0x3000000), sameBytes: false));

    [Fact]
    public void A_node_that_ends_where_the_other_switched_is_behind() => Assert.Equal(WalKinship.Behind,
        Judge(At("a", 0x2000100), At("b", 0x3000000, 0x1000000, Span(1, 0, 0x2000100), Span(2, 0x2000100))));

    [Fact]
    public void A_node_with_WAL_past_the_switch_of_the_other_has_forked() => Assert.Equal(WalKinship.Forked,
        Judge(At("a", 0x2000200), At("b", 0x3000000, 0x1000000, Span(1, 0, 0x2000100), Span(2, 0x2000100))));

    [Fact]
    public void Equal_timeline_numbers_that_began_elsewhere_are_different_timelines() => Assert.Equal(WalKinship.Forked, Judge(
        At("a", 0x3000000, 0x1000000, Span(1, 0, 0x2000100), Span(2, 0x2000100)),
        At("b", 0x3000000, 0x1000000, Span(1, 0, 0x2000200), Span(2, 0x2000200))));

    [Fact]
    public void Without_common_WAL_nothing_is_proven() =>
        Assert.Equal(WalKinship.NotProvable, Judge(At("a", 0x2000000), At("b", 0x9000000, oldest: 0x5000000)));

    [Fact]
    public void A_missing_digest_proves_nothing() => Assert.Equal(WalKinship.NotProvable, WalAncestry.Judge(
        At("a", 0x2000000), At("b", 0x3000000), new(new(0x1000000), new(0x2000000), "aa"), new(new(0x1000000), new(0x2000000), null)).Kinship);

    [Fact]
    public void Another_cluster_is_never_related() =>
        Assert.Equal(WalKinship.Forked, Judge(At("a", 0x2000000), At("b", 0x3000000) with { SystemIdentifier = "2" }));

    [Fact]
    public void At_most_a_gigabyte_is_compared()
    {
        var range = WalAncestry.RangeToCompare(At("a", 0x2_0000_0000), At("b", 0x2_0000_0000));
        Assert.Equal(WalAncestry.Bound, range!.Value.To - range.Value.From);
    }

    private static readonly TimelineSpan[] Switched = [Span(1, 0, 0x4000100), Span(2, 0x4000100)];

    private static WalPosition WithHole(string node, ulong end) =>
        At(node, end, 0x5000000, Switched) with { Older = [new(new(0x4000000), new(0x4000100)), new(new(0x2000000), new(0x3000000))] };

    [Fact]
    public void Two_nodes_with_a_hole_prove_with_what_they_hold_behind_it() =>
        Assert.Equal((new Lsn(0x5000000), new Lsn(0x5000800)), WalAncestry.RangeToCompare(WithHole("a", 0x5000900), WithHole("b", 0x5000800)));

    [Fact]
    public void A_node_that_ended_before_the_hole_is_compared_with_what_is_held_before_it()
    {
        Assert.Equal((new Lsn(0x4000000), new Lsn(0x4000080)), WalAncestry.RangeToCompare(At("a", 0x4000080), WithHole("b", 0x5000800)));
        Assert.Equal((new Lsn(0x2800000), new Lsn(0x3000000)), WalAncestry.RangeToCompare(At("a", 0x3000000, 0x2800000), WithHole("b", 0x5000800)));
        Assert.Equal(WalKinship.Behind, Judge(At("a", 0x4000080), WithHole("b", 0x5000800)));
        Assert.Equal(WalKinship.Forked, Judge(At("a", 0x4000080), WithHole("b", 0x5000800), sameBytes: false));
    }

    [Theory]
    [InlineData(0x4000200UL), InlineData(0x5000000UL), InlineData(0x3800000UL)]
    public void A_node_that_ended_in_the_hole_is_not_proven(ulong end)
    {
        var inHole = end > 0x4000100 ? At("a", end, 0x1000000, Switched) : At("a", end);
        Assert.Null(WalAncestry.RangeToCompare(inHole, WithHole("b", 0x5000800)));
    }

    [Fact]
    public void What_is_remembered_does_not_reach_over_a_hole() =>
        Assert.Equal(new Lsn(0x5000000), WalAncestry.RangeToCompare(WithHole("a", 0x5000900), WithHole("b", 0x5000800), new Lsn(0x4000080))!.Value.From);
}
