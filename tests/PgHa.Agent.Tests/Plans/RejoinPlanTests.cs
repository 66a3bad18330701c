using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>A rewind that did not finish leaves a directory that only a copy can replace.</summary>
[Trait("Category", "Fast")]
public class RejoinPlanTests
{
    private static Decision Decide(MandatedRequest request)
    {
        var sketch = Sketch.View(Condition.Unusable, Condition.PrimaryAlone);
        var view = new ClusterView([sketch["n1"] with { RewindUnfinished = true, DataProblem = "a rewind of it did not finish" }, sketch["n2"]]);
        return Sketch.Decide(request, view, Sketch.Wal(view, "n2", _ => WalKinship.Forked));
    }

    private static string Steps(Plan plan) => string.Join("; ", plan.Stages.SelectMany(s => s).Select(s => s.Path));

    [Fact]
    public void Another_rewind_is_refused()
    {
        var why = Assert.IsType<Refused>(Decide(new StartStandby("n1", RejoinForm.Rewind))).Why;
        Assert.Equal(Code.WrongState, why.Code);
        Assert.Contains("rejoin=reclone", why.Hint, StringComparison.Ordinal);
        Assert.Equal(Code.WrongState, Assert.IsType<Refused>(Decide(new StartStandby("n1", null))).Why.Code);
    }

    [Fact]
    public void A_copy_takes_its_place()
    {
        var plan = Assert.IsType<Plan>(Decide(new StartStandby("n1", RejoinForm.Reclone)));
        Assert.Equal("check?upstream=n2; check-reclone?source=n2; checkpoint; reclone?source=n2; start?as=standby&upstream=n2; discard-old", Steps(plan));
    }

    [Fact]
    public void The_rewind_that_was_interrupted_is_finished_by_a_copy_however_often_it_is_taken_up()
    {
        var plan = Assert.IsType<Plan>(Decide(new StartStandby("n1", RejoinForm.Rewind).Under(new() { Resumed = true })));
        Assert.Contains("reclone?source=n2", Steps(plan), StringComparison.Ordinal);
        Assert.Equal(RejoinForm.Reclone, Assert.IsType<StartStandby>(plan.Continuation?.Request).Rejoin);
    }
}
