using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Two nodes were promoted in turn from timeline 1, each without the other: n2 made timeline 2, n1 then timeline 3.</summary>
[Trait("Category", "Fast")]
public sealed class LeftByRecordTests
{
    private static readonly Lsn Parted = new(0x2000100);

    [Fact]
    public void What_does_not_hold_the_last_timeline_that_was_made_was_left_behind_when_it_was_made()
    {
        var verdict = Judge(3, 3, 5.0, 2);
        Assert.Null(verdict.Refusal);
        Assert.IsType<WasLeftBehind>(Assert.Single(verdict.Evidence));
    }

    [Theory]
    [InlineData(3, 3, null, 2)] // it does not hold the record: it may not know the last one
    [InlineData(2, 2, 5.0, 3)] // the other's is later
    [InlineData(3, 3, 5.0, 3)] // the same timeline, made twice
    public void Else_the_fork_is_refused(uint own, uint made, double? mayWriteFor, uint other)
    {
        Assert.Equal(Code.WalNotProven, Judge(own, made, mayWriteFor, other).Refusal?.Code);
    }

    /// <summary>Who was to make timeline 4 was lost before: it is on no node.</summary>
    [Fact]
    public void A_later_timeline_that_may_have_been_made_and_is_on_no_node_was_not_made() =>
        Assert.IsType<WasLeftBehind>(Assert.Single(Judge(3, 4, 5.0, 2).Evidence));

    /// <summary>A person started it in place after the last timeline was made, for example: it has acknowledged what no other node has.</summary>
    [Theory]
    [InlineData(2), InlineData(0)]
    public void What_has_served_since_or_may_have_was_not_left_behind(uint served) =>
        Assert.Equal(Code.WalNotProven, Judge(3, 3, 5.0, 2, served: served).Refusal?.Code);

    [Fact]
    public void One_node_that_is_not_read_may_have_made_it()
    {
        var assured = new Assurance("n3", new ForcedByOperator());
        Assert.Equal(Code.WalNotProven, Judge(3, 4, 5.0, 2, third: Condition.AgentAway, assurances: assured).Refusal?.Code);
        Assert.Null(Judge(3, 3, 5.0, 2, third: Condition.AgentAway, assurances: assured).Refusal);
    }

    private static WritableVerdict Judge(uint own, uint made, double? mayWriteFor, uint other, Condition? third = null, uint served = 1, params Assurance[] assurances)
    {
        var n1 = Sketch.Node("n1", Condition.Crashed) with { Failover = new() { Epoch = 3, Made = made, Served = served, MayWriteFor = mayWriteFor } };
        var wal = new WalView("n1", new[] { At("n1", own), At("n2", other) }.ToDictionary(p => p.Node, p => (Answer<WalPosition>)p),
            new Dictionary<string, WalAncestry> { ["n2"] = Sketch.Kin("n2", "n1", WalKinship.Forked, Parted), ["n3"] = Sketch.Kin("n3", "n1", WalKinship.NotProvable, Parted) });
        return WritableRules.Judge("n1", new([n1, Sketch.Node("n2", Condition.StoppedAsStandby), .. third is { } condition ? (NodeObservation[])[Sketch.Node("n3", condition)] : []]), wal, assurances);
    }

    private static WalPosition At(string node, uint timeline) => Sketch.Position(node, new(new(1), Lsn.Zero, Parted), new(new(timeline), Parted, null));
}
