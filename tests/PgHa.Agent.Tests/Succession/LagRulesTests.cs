using PgHa.Agent.Cluster;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;
using PgHa.Agent.Tests.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Succession;

/// <summary><c>failover.lag_limit</c>: what the last holder had acknowledged, and what is left of it.</summary>
[Trait("Category", "Fast")]
public class LagRulesTests
{
    private static readonly PrimaryRecord Record = new()
    {
        Node = "n1", Epoch = 3, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 8000, Since = DateTimeOffset.UnixEpoch, Timeline = 1, System = Sketch.System,
    };

    private static ClusterView Seen(AcknowledgedWal? others, params Condition[] conditions) =>
        new([.. Sketch.View(conditions).Nodes.Select(n => n with { Failover = n.Reachable ? new() { Epoch = 3, Acknowledged = others } : null })]);

    [Fact]
    public void Only_what_a_serving_holder_had_flushed_counts_and_only_of_the_last_one()
    {
        var view = Seen(null, Condition.Primary, Condition.Standby);
        var flushed = view["n1"].Sql!.Flush!.Value;
        var seen = LagRules.After(null, Record, view);
        Assert.Equal(new(3, flushed), seen);
        Assert.Equal(seen, LagRules.After(seen, Record, Seen(null, Condition.AgentAway, Condition.Standby)));
        Assert.Equal(new(3, flushed + 9), LagRules.After(new(3, flushed + 9), Record, view)); // it never goes back within an epoch
        Assert.Equal(seen, LagRules.After(new(2, flushed + 9), Record, view)); // the line of a later holder may have begun before
        Assert.Equal(new(4, new(7)), LagRules.After(seen, Record, Seen(new(4, new(7)), Condition.AgentAway, Condition.Standby))); // another node saw it
        Assert.Null(LagRules.After(null, Record with { Node = "n2" }, view)); // a standby acknowledges nothing
        Assert.Null(LagRules.After(null, null, view));
    }

    [Theory]
    [InlineData(0UL, true), InlineData(100UL, true), InlineData(101UL, false)]
    public void Nobody_is_promoted_who_lacks_more_than_the_limit(ulong lacking, bool promoted)
    {
        var facts = RanOut(WalKinship.Identical);
        var end = facts.Wal!.PositionOf("n2")!.End;
        var verdict = SuccessionRules.Judge(facts with { Acknowledged = new(3, end + lacking), LagLimit = 100 });
        Assert.Equal((promoted ? 16 : 13, promoted ? SuccessionAction.FailOver : SuccessionAction.None), (verdict.Row, verdict.Action));
        if (!promoted)
            Assert.Contains("POST instance/failover/promote?force=true on n2", verdict.Hint, StringComparison.Ordinal);
        Assert.Equal(SuccessionAction.FailOver, SuccessionRules.Judge(facts with { Acknowledged = new(3, end + lacking) }).Action); // commits wait for standbys: no limit
        Assert.Equal(SuccessionAction.FailOver, SuccessionRules.Judge(facts with { Acknowledged = new(2, end + lacking), LagLimit = 100 }).Action); // of another holder
    }

    /// <summary>What another node holds is fetched before the promotion, so it is not lacking.</summary>
    [Fact]
    public void What_another_node_on_the_line_holds_is_not_lacking()
    {
        var facts = RanOut(WalKinship.Ahead, further: 500);
        var end = facts.Wal!.PositionOf("n2")!.End;
        facts = facts with { Acknowledged = new(3, end + 500), LagLimit = 100 };
        Assert.Equal(0UL, LagRules.Lacking(facts));
        var parted = RanOut(WalKinship.Forked, further: 500);
        Assert.Equal(500UL, LagRules.Lacking(parted with { Acknowledged = new(3, end + 500), LagLimit = 100 }));
    }

    private static SuccessionFacts RanOut(WalKinship kin, ulong further = 0)
    {
        var view = Seen(null, Condition.AgentAway, Condition.Standby, Condition.StoppedAsStandby);
        var wal = Sketch.Wal(view, "n2", _ => kin);
        var positions = wal.Positions.ToDictionary(p => p.Key, p => p.Key == "n3" && p.Value.IsOk ? (Answer<WalPosition>)(p.Value.Value with { End = p.Value.Value.End + further }) : p.Value);
        return new() { Node = "n2", View = view, Record = RecordState.RanOut, Stands = Record, Wal = wal with { Positions = positions } };
    }
}
