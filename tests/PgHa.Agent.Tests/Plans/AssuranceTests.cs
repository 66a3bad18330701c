using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Who answers for a node that cannot be asked.</summary>
[Trait("Category", "Fast")]
public class AssuranceTests
{
    private static readonly Condition[] Conditions = Enum.GetValues<Condition>();

    private static IReadOnlyList<Assurance> Of(Mandate mandate, params Condition[] nodes) => mandate.Assure(Sketch.View(nodes).Nodes);

    [Fact]
    public void Without_a_mandate_nobody_answers() => Assert.Empty(Of(Mandate.None, Conditions));

    [Fact]
    public void Force_answers_for_every_node_and_an_earlier_answer_only_for_its_own()
    {
        Assert.Equal(Sketch.View(Conditions).Nodes.Select(n => new Assurance(n.Node, new ForcedByOperator())), Of(new() { Force = true }, Conditions));
        Assert.Equal([new("n2", new AnsweredBefore())], Of(new() { Answered = ["n2"] }, Condition.AgentAway, Condition.AgentAway, Condition.Empty));
    }

    /// <summary>The primary that ran when the operation began is brought back: what cannot be read elsewhere holds nothing newer. A node that is away may be writable.</summary>
    [Fact]
    public void An_undo_answers_for_stopped_nodes_whose_data_cannot_be_read() => Assert.Equal(
        [new("n2", new AnotherServedBefore()), new("n3", new AnotherServedBefore()), new("n4", new AnotherServedBefore())],
        Of(new() { IsUndo = true }, Condition.AgentAway, Condition.Empty, Condition.Unusable, Condition.HalfRewound, Condition.Frozen, Condition.Unseen, Condition.StoppedAsPrimary));

    [Fact]
    public void A_plan_says_what_each_of_its_answers_rests_on()
    {
        Assert.Equal([new("n3", new WriterIsKnown("n1"))], Answered(new Switchover("n1", StopOrder.PrimaryFirst), Condition.Primary, Condition.Standby, Condition.AgentAway));
        Assert.Equal([new("n3", new ForcedByOperator()), new("n2", new SeenEmpty())], Answered(new InitData("n1").Under(new() { Force = true }), Condition.Empty, Condition.Empty, Condition.AgentAway));
        Assert.Equal([new("n2", new AnotherServedBefore())], Answered(new StartAll("n1").Under(new() { IsUndo = true }), Condition.StoppedAsPrimary, Condition.Unusable));
        Assert.Equal([new("n2", new AnsweredBefore())], Answered(new StartPrimary("n1").Under(new() { Answered = ["n2"], Resumed = true }), Condition.StoppedAsPrimary, Condition.AgentAway));
    }

    /// <summary>All nodes are started: who forces that has not said which of them may be left out.</summary>
    [Fact]
    public void Beside_a_primary_only_what_was_answered_for_before_is_left_out()
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby, Condition.AgentAway);
        Assert.IsType<Refused>(Decide(new StartAll("n1").Under(new() { Force = true }), view));
        Assert.IsType<Refused>(Decide(new StartAll("n1").Under(new() { Answered = ["n2"] }), view));
        Assert.IsType<Plan>(Decide(new StartAll("n1").Under(new() { Answered = ["n3"] }), view));
    }

    private static IReadOnlyList<Assurance> Answered(MandatedRequest asked, params Condition[] nodes) => Assert.IsType<Plan>(Decide(asked, Sketch.View(nodes))).Answered;

    private static Decision Decide(MandatedRequest asked, ClusterView view) => Sketch.Decide(asked, view, Sketch.Wal(view, Planner.Focus(asked, view), _ => WalKinship.Identical));

    [Fact]
    public void What_a_step_accepts_it_names_again() => Assert.Equal(["n2", "n3"], Assurance.OfStep(["n2", "n3"]).Names());

    private static Decision ByRecord(ClusterView view, Func<string, WalKinship> kin) =>
        Sketch.Decide(new Failover("n2", FailoverForm.Promote).Under(new() { Record = new HoldsRecord("n2", 4) }), view, Sketch.Wal(view, "n2", kin));

    [Fact]
    public void The_record_answers_for_what_a_node_may_be_and_not_for_what_it_holds()
    {
        var hangs = Sketch.View(Condition.Frozen, Condition.Standby);
        var plan = Assert.IsType<Plan>(ByRecord(hangs, _ => WalKinship.Ahead));
        Assert.Contains(plan.Stages.SelectMany(s => s), s => s is CompleteWal { Source: "n1" });
        Assert.IsType<Plan>(ByRecord(Sketch.View(Condition.AgentAway, Condition.Standby), _ => WalKinship.Identical));
        Assert.IsType<Refused>(ByRecord(Sketch.View(Condition.Primary, Condition.Standby), _ => WalKinship.Behind));
    }

    /// <summary>
    /// Another node was promoted, and lost before anybody followed it; the simulator found it. If this one went on on its own timeline, and both had crashed, nothing would tell which line came last, and nobody
    /// would serve.
    /// </summary>
    [Fact]
    public void By_the_record_a_former_primary_does_not_go_on_beside_a_later_timeline()
    {
        var view = Sketch.View(Condition.Crashed, Condition.AgentAway);
        Assert.IsType<StartAsPrimary>(Last(reserved: 1));
        Assert.IsType<PromoteServer>(Last(reserved: 2));

        Step Last(uint reserved)
        {
            var seen = new ClusterView([.. view.Nodes.Select(n => n.Node == "n1" ? n with { Failover = new() { Epoch = 4, Timeline = reserved } } : n)]);
            return Assert.IsType<Plan>(Sketch.Decide(new StartPrimary("n1").Under(new() { Record = new HoldsRecord("n1", 4) }), seen, Sketch.Wal(seen, "n1", _ => WalKinship.Identical))).Stages[^1][^1];
        }
    }

    /// <summary>It may be one that is never to be primary: its WAL is fetched.</summary>
    [Fact]
    public void By_the_record_a_running_standby_that_is_ahead_gives_its_WAL()
    {
        var view = Sketch.View(Condition.AgentAway, Condition.Standby, Condition.Standby);
        var plan = Assert.IsType<Plan>(ByRecord(view, n => n == "n3" ? WalKinship.Ahead : WalKinship.Identical));
        var steps = plan.Stages.SelectMany(s => s).ToList();
        Assert.True(steps.FindIndex(s => s is Follow { Node: "n3" }) is >= 0 and var cut && cut < steps.FindIndex(s => s is CompleteWal { Source: "n3" }));
        Assert.IsType<Refused>(Sketch.Decide(new Failover("n2", FailoverForm.Promote).Under(new() { Force = true }), view, Sketch.Wal(view, "n2", n => n == "n3" ? WalKinship.Ahead : WalKinship.Identical)));
    }
}
