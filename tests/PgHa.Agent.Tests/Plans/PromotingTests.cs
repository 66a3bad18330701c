using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>A server that was told to become primary may obey at any moment, whatever became of the step that told it.</summary>
[Trait("Category", "Fast")]
public class PromotingTests
{
    [Theory]
    [InlineData(Condition.Standby), InlineData(Condition.Recovering), InlineData(Condition.FrozenStandby)]
    public void It_counts_as_writable_and_not_as_in_recovery(Condition condition)
    {
        var node = Told(Sketch.View(Condition.StoppedAsPrimary, condition), "n2")["n2"];
        Assert.True(node.Writable);
        Assert.False(node.InRecovery);
    }

    [Fact]
    public void No_other_node_becomes_writable_meanwhile()
    {
        var view = Sketch.View(Condition.StoppedAsPrimary, Condition.Recovering);
        Assert.NotNull(Judge(Told(view, "n2")));
        Assert.NotEqual(Judge(view)?.Message, Judge(Told(view, "n2"))!.Message);
    }

    /// <summary>Whoever may start something beside it; the stops are the way out, and a failover to it tells it again.</summary>
    [Fact]
    public void Only_what_stops_it_or_acts_on_it_is_planned()
    {
        var view = Told(Sketch.View(Condition.StoppedAsPrimary, Condition.Recovering), "n2");
        MandatedRequest[] beside = [new StartPrimary("n1"), new StartNode("n1").Under(new() { Force = true }), new StartAll("n1"), new StartStandby("n1"), new Failover("n1", FailoverForm.Promote)];
        Assert.All(beside, request => Assert.Equal(PgHa.Client.Operations.Code.AnotherWritable, CommonRules.Refuse(request, view)?.Code));
        ChangeRequest[] there = [new StopNode("n1"), new StopAll("n1", StopOrder.PrimaryFirst), new Failover("n2", FailoverForm.Promote), new StartNode("n2")];
        Assert.All(there, request => Assert.Null(CommonRules.Refuse(request, view)));
        var again = Sketch.Decide(new Failover("n1", FailoverForm.Promote, "n2"), view, Sketch.Wal(view, "n2", _ => WalKinship.Identical));
        Assert.Contains(Assert.IsType<Plan>(again).Stages, stage => stage is [PromoteServer { Node: "n2" }]);
    }

    /// <summary>The agent may have been killed between the mark and the signal.</summary>
    [Fact]
    public void A_switchover_taken_up_tells_it_again_before_anything_follows_it()
    {
        var view = Told(Sketch.View(Condition.StoppedDemoted, Condition.Recovering), "n2");
        var request = (new Switchover("n1", StopOrder.PrimaryFirst, "n2") { By = SwitchoverForm.Promote }).Under(new() { Resumed = true });
        var plan = Assert.IsType<Plan>(Sketch.Decide(request, view, Sketch.Wal(view, "n2", _ => WalKinship.Identical)));
        var steps = plan.Stages.SelectMany(s => s).Where(s => s.Changes).ToArray();
        Assert.Equal([new PromoteServer("n2", request.Mandate.Answered), new StartAsStandby("n1", "n2")], steps);
    }

    private static PgHa.Client.Operations.Refusal? Judge(ClusterView view) =>
        WritableRules.Judge("n1", view, new WalView("n1", new Dictionary<string, Answer<WalPosition>>(), new Dictionary<string, WalAncestry>()), []).Refusal;

    private static ClusterView Told(ClusterView view, string node) => new([.. view.Nodes.Select(n => n.Node == node ? n with { Promoting = true } : n)]);
}
