using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Plans;

/// <summary>The last question before a primary is ended.</summary>
[Trait("Category", "Fast")]
public class HandoverRulesTests
{
    [Theory]
    [InlineData(Condition.Standby, Condition.Standby, null)]
    [InlineData(Condition.Standby, Condition.StoppedAsStandby, null)] // judged before
    [InlineData(Condition.Standby, Condition.AgentAway, "n3 does not answer any more")]
    [InlineData(Condition.Recovering, Condition.Standby, null)] // what it misses is given to it
    [InlineData(Condition.StoppedAsStandby, Condition.Standby, "n2 is stopped now")]
    [InlineData(Condition.AgentAway, Condition.Standby, "n2 is unknown now")]
    public void What_has_changed_since_the_nodes_were_level_is_found_before_anything_stops(Condition successor, Condition third, string? why) =>
        Says(why, Level(Sketch.View(Condition.Primary, successor, third)));

    [Fact]
    public void A_node_that_is_answered_for_need_not_answer() =>
        Assert.Null(HandoverRules.RefuseNow("n1", "n2", [new("n3", new NamedByStep())], Level(Sketch.View(Condition.Primary, Condition.Standby, Condition.AgentAway))));

    [Theory]
    [InlineData(0x9000000, 0x9000000, null)]
    [InlineData(0x6000000, 0x6000000, null)]
    [InlineData(0x9000000, 0x1000000, "n2 has fallen 128 MB behind")] // paused
    [InlineData(0x1000000, 0x1000000, "n2 has fallen 128 MB behind")]
    public void A_successor_that_has_fallen_behind_is_none(ulong receive, ulong replay, string? why)
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby);
        Says(why, new([view["n1"] with { Sql = view["n1"].Sql! with { Flush = new Lsn(0x9000000) } }, view["n2"] with { Sql = view["n2"].Sql! with { Receive = new Lsn(receive), Replay = new Lsn(replay) } }]));
    }

    private static ClusterView Level(ClusterView view) => new([.. view.Nodes.Select(n => n.Sql is { InRecovery: true } sql ? n with { Sql = sql with { Receive = new(0x3000000), Replay = new(0x3000000) } } : n)]);

    private static void Says(string? why, ClusterView view)
    {
        var refusal = HandoverRules.RefuseNow("n1", "n2", [], view);
        Assert.Equal(why is null, refusal is null);
        Assert.StartsWith(why ?? "", refusal?.Message ?? "", StringComparison.Ordinal);
    }
}
