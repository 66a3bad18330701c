using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>An operation goes on only while it holds the lock of every node that can be reached.</summary>
[Trait("Category", "Fast")]
public class UnlockedTests
{
    private const string Own = "own";

    private static Refusal? Judge(params string?[] holders) =>
        CommonRules.RefuseUnlocked(Locked([.. holders.Select(_ => Condition.Standby)], holders), Own);

    private static ClusterView Locked(Condition[] conditions, string?[] holders) =>
        new([.. Sketch.View(conditions).Nodes.Zip(holders, (node, holder) => node with { LockedBy = holder })]);

    [Fact]
    public void With_all_locks_held_it_goes_on() => Assert.Null(Judge(Own, Own, Own));

    [Theory]
    [InlineData(null, Own, Own, "n1")]
    [InlineData(Own, null, Own, "n2")]
    [InlineData(Own, Own, null, "n3")]
    [InlineData(Own, Own, "another", "n3")]
    public void One_reachable_node_that_is_not_locked_stops_it_and_is_named(string? one, string? two, string? three, string open)
    {
        var refusal = Assert.IsType<Refusal>(Judge(one, two, three));
        Assert.Equal(Code.Busy, refusal.Code);
        Assert.Contains($"the lock of {open} ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_is_still_out_of_reach_needs_no_lock() =>
        Assert.Null(CommonRules.RefuseUnlocked(Locked([Condition.PrimaryAlone, Condition.AgentAway], [Own, null]), Own));

    [Fact]
    public void What_the_server_of_an_unlocked_node_does_makes_no_difference()
    {
        foreach (var condition in Enum.GetValues<Condition>().Except([Condition.AgentAway]))
            Assert.Equal(Code.Busy, CommonRules.RefuseUnlocked(Locked([Condition.PrimaryAlone, condition], [Own, null]), Own)?.Code);
    }
}
