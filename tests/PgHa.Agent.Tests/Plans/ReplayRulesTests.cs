using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>A standby that streams and does not replay.</summary>
[Trait("Category", "Fast")]
public class ReplayRulesTests
{
    private static readonly ReplayFacts TooLow = ReplayFacts.Free with { Paused = true, Short = [new("max_connections", 50, 60)] };
    private static readonly ReplayFacts Paused = ReplayFacts.Free with { Paused = true };

    public static TheoryData<SwitchoverForm> Forms => [.. Enum.GetValues<SwitchoverForm>()];

    [Theory, MemberData(nameof(Forms))]
    public void One_that_never_replays_again_is_refused_in_every_form(SwitchoverForm form)
    {
        var why = Assert.IsType<Refused>(Decide(new Switchover("n1", StopOrder.PrimaryFirst) { By = form }, Standing("n2", TooLow))).Why;
        Assert.Equal(Code.WrongState, why.Code);
        Assert.Equal("n2 streams, but its replay stands still for good: max_connections is 50, and its primary runs with 60", why.Message);
        Assert.Equal("set max_connections to at least 60 in the configuration of n2, restart it (DELETE instance/current on n2, then POST instance/current on n2), and repeat the call", why.Hint);
    }

    [Theory, MemberData(nameof(Forms))]
    public void Another_standby_takes_over_instead_and_it_is_named(SwitchoverForm form)
    {
        var view = new ClusterView([Sketch.Node("n1", Condition.Primary), Standing("n2", TooLow), Sketch.Node("n3", Condition.Standby)]);
        var request = new Switchover("n1", StopOrder.PrimaryFirst) { By = form };
        var plan = Assert.IsType<Plan>(Sketch.Decide(request, view, Sketch.Wal(view, "n1", _ => WalKinship.Identical)));
        Assert.Contains(plan.Outcomes, o => o.Node == "n3" && o.States.Contains(NodeState.Primary));
        Assert.Contains(new DoesNotReplay("n2", TooLow.Problem!, [.. TooLow.Short]), plan.Evidence);
    }

    [Fact]
    public void A_pause_ends_before_a_promotion_in_the_interruption_and_not_before_a_restart()
    {
        var behind = Standing("n2", Paused, replayed: 0x2F00000);
        Assert.Contains("pg_wal_replay_resume() on n2", Assert.IsType<Refused>(Decide(new Switchover("n1", StopOrder.PrimaryFirst) { By = SwitchoverForm.Promote }, behind)).Why.Hint, StringComparison.Ordinal);
        Assert.IsType<Plan>(Decide(new Switchover("n1", StopOrder.PrimaryFirst), behind));
        Assert.IsType<Plan>(Decide(new Switchover("n1", StopOrder.PrimaryFirst) { By = SwitchoverForm.Promote }, Standing("n2", Paused)));
    }

    [Fact]
    public void A_failover_starts_it_anew_before_it_promotes_it()
    {
        var request = new Failover("n2", FailoverForm.Promote);
        Assert.Equal(["stop n2", "start n2 in recovery, as it is", "promote n2"], Steps(Standing("n2", TooLow)));
        Assert.Equal(["promote n2"], Steps(Standing("n2", Paused)));

        string[] Steps(NodeObservation target)
        {
            var view = new ClusterView([Sketch.Node("n1", Condition.StoppedAsPrimary), target]);
            var plan = Assert.IsType<Plan>(Sketch.Decide(request, view, Sketch.Wal(view, "n2", _ => WalKinship.Identical)));
            return [.. plan.Stages.SelectMany(s => s).Where(s => s.Node == "n2" && s is StopServer or StartInRecovery or PromoteServer).Select(s => s.Words)];
        }
    }

    private static Decision Decide(Switchover request, NodeObservation target)
    {
        var view = new ClusterView([Sketch.Node("n1", Condition.Primary), target]);
        return Sketch.Decide(request, view, Sketch.Wal(view, "n1", _ => WalKinship.Identical));
    }

    private static NodeObservation Standing(string name, ReplayFacts held, ulong replayed = 0x3000000)
    {
        var node = Sketch.Node(name, Condition.Standby);
        return node with { Sql = node.Sql! with { Held = held, Replay = new(replayed) } };
    }
}
