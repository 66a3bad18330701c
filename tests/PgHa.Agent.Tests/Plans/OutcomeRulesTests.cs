using PgHa.Agent.Plans;
using PgHa.Client.Facts;

namespace PgHa.Agent.Tests.Plans;

/// <summary>What can no longer come is not waited for; what may still come is.</summary>
[Trait("Category", "Fast")]
public class OutcomeRulesTests
{
    private static readonly NodeState[] Running = [NodeState.Recovering, NodeState.Standby];
    private static readonly NodeState[] Writable = [NodeState.PrimaryAlone, NodeState.Primary];

    [Theory]
    [InlineData(Condition.StoppedAsStandby, true), InlineData(Condition.StoppedAsPrimary, true), InlineData(Condition.Crashed, true), InlineData(Condition.Empty, true)]
    [InlineData(Condition.AgentAway, false), InlineData(Condition.Unseen, false), InlineData(Condition.FrozenStandby, false), InlineData(Condition.CrashRecovery, false)]
    public void A_stopped_node_never_comes_to_run_by_itself(Condition condition, bool impossible)
    {
        var view = Sketch.View(Condition.Primary, condition);
        var after = OutcomeRules.Impossible([new("n2", Running)], view, view);
        Assert.Equal(impossible, after is not null);
    }

    [Fact]
    public void One_look_is_not_enough()
    {
        var (before, now) = (Sketch.View(Condition.Primary, Condition.Recovering), Sketch.View(Condition.Primary, Condition.Crashed));
        Assert.Null(OutcomeRules.Impossible([new("n2", Running)], before, now));
    }

    [Fact]
    public void Beside_another_writable_node_none_is_waited_for_to_become_it()
    {
        var view = Sketch.View(Condition.PrimaryAlone, Condition.Recovering);
        Assert.NotNull(OutcomeRules.Impossible([new("n2", Writable)], view, view));
        Assert.Null(OutcomeRules.Impossible([new("n2", Running)], view, view));
    }

    [Fact]
    public void A_node_that_stays_stopped_as_promised_and_one_that_is_not_certain_end_nothing()
    {
        var view = Sketch.View(Condition.Primary, Condition.StoppedAsStandby);
        Assert.Null(OutcomeRules.Impossible([new("n2", [NodeState.Stopped]), new("n2", Running, Certain: false)], view, view));
    }

    [Fact]
    public void Whoever_acts_after_the_locks_were_given_back_is_seen()
    {
        var unlocked = Sketch.View(Condition.Primary, Condition.Recovering);
        var now = new PgHa.Agent.Cluster.ClusterView([.. unlocked.Nodes.Select(n => n.Node == "n2" ? n with { LastStep = new("other", false) } : n)]);
        Assert.Null(OutcomeRules.Overtaken(unlocked, unlocked));
        Assert.Equal("other", OutcomeRules.Overtaken(unlocked, now));
    }
}
