using PgHa.Agent.Cluster;
using PgHa.Agent.Succession;
using PgHa.Agent.Tests.Plans;

namespace PgHa.Agent.Tests.Succession;

/// <summary>Who takes the place of a node whose machine goes down.</summary>
[Trait("Category", "Fast")]
public class HandoverTargetTests
{
    private static ClusterView Seen(params Condition[] conditions) =>
        new([.. Sketch.View(conditions).Nodes.Select(n => n with { Failover = n.Reachable ? new() { Epoch = 3 } : null })]);

    [Fact]
    public void The_streaming_standby_that_the_rules_would_promote()
    {
        var view = Seen(Condition.Primary, Condition.Standby, Condition.Standby);
        Assert.Equal("n2", HandoverTarget.Of("n1", view)); // by name
        Assert.Equal("n3", HandoverTarget.Of("n1", new([view["n1"], view["n2"], view["n3"] with { Failover = new() { Epoch = 3, Priority = 9 } }])));
        var further = view["n3"].Sql! with { Receive = view["n3"].Sql!.Position + 1000 };
        Assert.Equal("n3", HandoverTarget.Of("n1", new([view["n1"], view["n2"] with { Failover = new() { Epoch = 3, Priority = 9 } }, view["n3"] with { Sql = further }])));
        Assert.Equal("n3", HandoverTarget.Of("n1", new([view["n1"], view["n2"] with { Failover = new() { Epoch = 3, NotEligible = "it is paused" } }, view["n3"]])));
        Assert.Equal("n3", HandoverTarget.Of("n1", new([view["n1"], view["n2"] with { Failover = null }, view["n3"]]))); // runs in manual mode: it would not take the record
    }

    [Theory]
    [InlineData(Condition.AgentAway), InlineData(Condition.StoppedAsStandby), InlineData(Condition.Recovering)]
    public void Nobody_else(Condition other) => Assert.Null(HandoverTarget.Of("n1", Seen(Condition.PrimaryAlone, other)));
}
