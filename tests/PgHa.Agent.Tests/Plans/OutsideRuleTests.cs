using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>A standby streams from a server that is none of the nodes.</summary>
[Trait("Category", "Fast")]
public class OutsideRuleTests
{
    private static ClusterView View(Condition first, bool outside = true) => new(
    [
        Sketch.Node("n1", first) with { UpstreamOutside = outside && first == Condition.Standby ? "x:5432" : null },
        Sketch.Node("n2", Condition.Standby) with { UpstreamOutside = outside ? "x:5432" : null },
    ]);

    private static Decision Decide(MandatedRequest request, ClusterView view) =>
        Sketch.Decide(request, view, Sketch.Wal(view, Planner.Focus(request, view), _ => WalKinship.Identical));

    public static TheoryData<ChangeRequest, Condition> Requests => new()
    {
        { new Failover("n1", FailoverForm.Promote), Condition.Standby }, { new Failover("n1", FailoverForm.Promote, "n2"), Condition.Standby },
        { new StartAll("n1"), Condition.Standby }, { new StartPrimary("n1"), Condition.StoppedAsStandby }, { new StartAll("n1"), Condition.StoppedAsPrimary },
        { new StartNode("n1"), Condition.StoppedAsPrimary },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void No_node_is_made_primary_unless_forced_and_then_it_is_named(ChangeRequest request, Condition first)
    {
        ArgumentNullException.ThrowIfNull(request);
        var refused = Assert.IsType<Refused>(Decide(request, View(first))).Why;
        Assert.Equal(Code.AnotherWritable, refused.Code);
        Assert.Contains("n2 streams from x:5432, which is no node", Assert.IsType<Plan>(Decide(request.Under(new() { Force = true }), View(first))).Overrides.Aggregate((a, b) => a + b), StringComparison.Ordinal);
        Assert.IsType<Plan>(Decide(request, View(first, outside: false)));
        Assert.IsType<Plan>(Decide(request.Under(new() { BringsBack = true }), View(first, outside: request is Failover ? false : true)));
    }

    [Fact]
    public void A_restart_is_not_forced()
    {
        var request = new Failover("n1", FailoverForm.Restart).Under(new() { Force = true });
        Assert.Equal(Code.AnotherWritable, Assert.IsType<Refused>(Decide(request, View(Condition.Standby))).Why.Code);
    }

    [Fact]
    public void With_a_primary_in_the_view_nothing_is_refused_for_it()
    {
        Assert.IsType<Plan>(Decide(new Switchover("n1", StopOrder.PrimaryFirst), View(Condition.Primary)));
        Assert.IsType<Plan>(Decide(new StartAll("n1"), View(Condition.Primary)));
    }
}
