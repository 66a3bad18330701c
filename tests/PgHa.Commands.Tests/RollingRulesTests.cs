using PgHa.Changes;
using PgHa.Client.Facts;

namespace PgHa.Commands.Tests;

/// <summary>Which operations restart all servers, and in which order.</summary>
[Trait("Category", "Fast")]
public class RollingRulesTests
{
    private static string[] Moves(ClusterStatus cluster, bool ifPending = false, bool inPlace = false) => [.. RollingRules.Moves(cluster, ifPending, inPlace).Value!.Select(m => m.Words)];

    private static NodeStatus Pending(NodeStatus node) => node with { PendingRestart = ["max_connections"] };

    [Fact]
    public void Standbys_come_first_and_the_primary_comes_back()
    {
        Assert.Equal(["restart n2", "restart n3", "switch over from n1", "switch over back to n1"], Moves(Sketch.Whole()));
        Assert.Equal(["restart n2", "restart n3", "restart n1"], Moves(Sketch.Whole(), inPlace: true));
        Assert.Equal(["restart n1"], Moves(Sketch.Of(Sketch.Primary("n1"))));
    }

    [Fact]
    public void Only_what_waits_for_a_restart()
    {
        Assert.Empty(Moves(Sketch.Whole(), ifPending: true));
        Assert.Equal(["restart n3"], Moves(Sketch.Of(Sketch.Primary("n1", "n2", "n3"), Sketch.Standby("n2"), Pending(Sketch.Standby("n3"))), ifPending: true));
        Assert.Equal(["switch over from n1", "switch over back to n1"], Moves(Sketch.Of(Pending(Sketch.Primary("n1", "n2")), Sketch.Standby("n2")), ifPending: true));
        var unread = RollingRules.Moves(Sketch.Of(Sketch.Primary("n1", "n2"), Sketch.Standby("n2") with { PendingRestart = null }), ifPending: true, inPlace: false).Refusal!;
        Assert.Equal("which settings of n2 wait for a restart is not known", unread.Message);
    }

    [Fact]
    public void No_server_goes_down_beside_one_that_is_missing()
    {
        foreach (var missing in (NodeStatus[])[Sketch.Stopped("n3"), Sketch.Away("n3"), Sketch.Standby("n3").With(s => s with { Sql = s.Sql! with { Streaming = false } })])
            Assert.Equal("n3 is no streaming standby: another server would go down beside it",
                RollingRules.Moves(Sketch.Of(Sketch.Primary("n1", "n2"), Sketch.Standby("n2"), missing), false, false).Refusal!.Message);
        Assert.Equal("a rolling restart needs one node that accepts writes", RollingRules.Moves(Sketch.Of(Sketch.Standby("n2"), Sketch.Stopped("n1", signal: false)), false, false).Refusal!.Message);
    }

    [Fact]
    public void The_next_one_goes_down_when_all_are_level()
    {
        var behind = new AttachedStandby("n2", "async", 0, RollingRules.Level + 1);
        var primary = Sketch.Primary("n1", "n2");
        Assert.Null(RollingRules.Behind("n2", Sketch.Of(primary, Sketch.Standby("n2"))));
        Assert.Null(RollingRules.Behind("n1", Sketch.Of(primary, Sketch.Standby("n2"))));
        Assert.StartsWith("n2 is 1", RollingRules.Behind("n2", Sketch.Of(primary with { Standbys = [behind] }, Sketch.Standby("n2"))), StringComparison.Ordinal);
        Assert.Equal("n2 does not stream yet", RollingRules.Behind("n2", Sketch.Of(primary, Sketch.Stopped("n2"))));
        Assert.Equal("n2 is not listed any more", RollingRules.Behind("n2", Sketch.Of(primary)));
    }
}
