using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>A node whose server ended with its machine is started by itself as a standby, or not at all.</summary>
[Trait("Category", "Fast")]
public sealed class ReturnRulesTests
{
    [Fact]
    public void Only_a_stopped_standby_is_started_and_only_beside_a_primary()
    {
        var started = 0;
        foreach (var one in Enum.GetValues<Condition>())
            foreach (var two in Enum.GetValues<Condition>())
                foreach (var stopped in (bool[])[false, true])
                {
                    var view = Sketch.View(one, two);
                    if (ReturnRules.Judge("n1", view, stopped, TimeSpan.Zero) is not ReturnVerdict.Start) continue;
                    started++;
                    Assert.True(!stopped && view["n1"] is { State: NodeState.Stopped, StandbySignal: true, DataProblem: null } && view.Primary is not null, $"{one}, {two}, stopped: {stopped}");
                }
        Assert.True(started > 0);
    }

    [Fact]
    public void What_was_no_standby_or_was_stopped_by_a_call_is_left_at_once()
    {
        Assert.IsType<ReturnVerdict.Over>(ReturnRules.Judge("n1", Sketch.View(Condition.StoppedAsPrimary, Condition.Primary), false, TimeSpan.Zero));
        Assert.IsType<ReturnVerdict.Over>(ReturnRules.Judge("n1", Sketch.View(Condition.StoppedAsStandby, Condition.Primary), true, TimeSpan.Zero));
    }

    [Fact]
    public void It_waits_for_a_primary_for_an_hour()
    {
        var view = Sketch.View(Condition.StoppedAsStandby, Condition.AgentAway);
        Assert.IsType<ReturnVerdict.Wait>(ReturnRules.Judge("n1", view, false, ReturnRules.Within));
        Assert.IsType<ReturnVerdict.Over>(ReturnRules.Judge("n1", view, false, ReturnRules.Within + TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [InlineData(Code.Busy, true), InlineData(Code.PeerUnreachable, true), InlineData(Code.AnotherWritable, true)]
    [InlineData(Code.WalNotProven, false), InlineData(Code.WrongState, false), InlineData(Code.StepFailed, false)]
    public void A_refusal_that_may_pass_is_waited_out(Code code, bool waits) =>
        Assert.Equal(waits, ReturnRules.After(new Refusal(code, "why", "hint")) is ReturnVerdict.Wait);
}
