using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Plans;

/// <summary>The codes of the contract, one line each: request, nodes, code.</summary>
[Trait("Category", "Fast")]
public class RefusalTests
{
    private static Decision Decide(MandatedRequest request, WalKinship kin, params Condition[] nodes)
    {
        var view = Sketch.View(nodes);
        return Sketch.Decide(request, view, Sketch.Wal(view, Planner.Focus(request, view), _ => kin));
    }

    private static void Refuses(Code code, MandatedRequest request, WalKinship kin, params Condition[] nodes) =>
        Assert.Equal(code, Assert.IsType<Refused>(Decide(request, kin, nodes)).Why.Code);

    private static void Plans(MandatedRequest request, WalKinship kin, params Condition[] nodes) =>
        Assert.IsType<Plan>(Decide(request, kin, nodes));

    private static readonly Failover ByRestart = new("n1", FailoverForm.Restart);
    private static readonly Failover ByPromotion = new("n1", FailoverForm.Promote);

    [Fact]
    public void A_failover_of_a_stopped_node_is_not_in_recovery() =>
        Refuses(Code.NotInRecovery, ByRestart, WalKinship.Identical, Condition.StoppedAsStandby, Condition.StoppedAsPrimary);

    /// <summary>It would keep the target from becoming writable, and be found only when the primary is stopped.</summary>
    [Theory]
    [InlineData(WalKinship.Forked, Condition.StoppedAsStandby), InlineData(WalKinship.NotProvable, Condition.StoppedAsPrimary)]
    [InlineData(WalKinship.NotProvable, Condition.Crashed), InlineData(WalKinship.Ahead, Condition.StoppedAsStandby)]
    public void A_switchover_is_refused_for_what_a_third_node_that_is_down_holds(WalKinship kin, Condition third)
    {
        foreach (var form in Enum.GetValues<SwitchoverForm>())
        {
            var request = new Switchover("n1", StopOrder.PrimaryFirst) { By = form };
            Assert.Equal(Code.WalNotProven, Assert.IsType<Refused>(Third(request)).Why.Code);
            var forced = Third(request.Under(new() { Force = true }));
            Assert.Equal(kin == WalKinship.NotProvable, forced is Plan { Overrides: [var named], Answered: [{ Node: "n3" }] } && named.Contains("n3", StringComparison.Ordinal));
        }
        Decision Third(MandatedRequest request)
        {
            var view = Sketch.View(Condition.Primary, Condition.Standby, third);
            return Sketch.Decide(request, view, Sketch.Wal(view, "n1", name => name == "n3" ? kin : WalKinship.Identical));
        }
    }

    [Fact]
    public void A_failover_with_the_primary_running_is_refused() =>
        Refuses(Code.AnotherWritable, ByPromotion, WalKinship.Ahead, Condition.Standby, Condition.Primary);

    [Fact]
    public void A_failover_with_an_unreachable_primary_is_refused() =>
        Refuses(Code.AnotherWritable, ByPromotion, WalKinship.Ahead, Condition.Recovering, Condition.AgentAway);

    [Fact]
    public void A_promotion_with_an_unreachable_primary_can_be_forced() =>
        Plans(ByPromotion.Under(new() { Force = true }), WalKinship.Ahead, Condition.Recovering, Condition.AgentAway);

    [Fact]
    public void A_failover_by_restart_with_an_unreachable_primary_cannot_be_forced() =>
        Refuses(Code.AnotherWritable, ByRestart.Under(new() { Force = true }), WalKinship.Ahead, Condition.Recovering, Condition.AgentAway);

    [Fact]
    public void A_failover_after_an_unclean_stop_needs_the_proof_from_its_WAL_and_only_promotion_can_be_forced()
    {
        Plans(ByRestart, WalKinship.Ahead, Condition.Recovering, Condition.Crashed);
        Plans(ByPromotion, WalKinship.Identical, Condition.Recovering, Condition.Crashed);
        Refuses(Code.WalNotProven, ByPromotion, WalKinship.NotProvable, Condition.Recovering, Condition.Crashed);
        Refuses(Code.WalNotProven, ByRestart.Under(new() { Force = true }), WalKinship.NotProvable, Condition.Recovering, Condition.Crashed);
        Plans(ByPromotion.Under(new() { Force = true }), WalKinship.NotProvable, Condition.Recovering, Condition.Crashed);
    }

    [Theory]
    [InlineData(Condition.Empty), InlineData(Condition.Unusable)]
    public void A_failover_beside_data_that_nobody_can_read_is_only_a_promotion_and_only_with_force(Condition other)
    {
        Refuses(Code.WalNotProven, ByRestart.Under(new() { Force = true }), WalKinship.Identical, Condition.Recovering, other);
        Refuses(Code.WalNotProven, ByPromotion, WalKinship.Identical, Condition.Recovering, other);
        var plan = Assert.IsType<Plan>(Decide(ByPromotion.Under(new() { Force = true }), WalKinship.Identical, Condition.Recovering, other));
        Assert.Contains(plan.Overrides, o => o.Contains("n2", StringComparison.Ordinal));
        // A node that is seen to have been a primary need not have been the last one.
        Refuses(Code.WalNotProven, ByRestart, WalKinship.Identical, Condition.Recovering, other, Condition.StoppedAsPrimary);
        Refuses(Code.WalNotProven, ByRestart, WalKinship.Ahead, Condition.Recovering, other, Condition.Crashed);
    }

    [Fact]
    public void What_a_rewind_left_half_done_was_salvaged_and_holds_nothing_back()
    {
        Plans(ByRestart, WalKinship.Identical, Condition.Recovering, Condition.HalfRewound);
        Plans(new StartPrimary("n1"), WalKinship.Identical, Condition.StoppedAsPrimary, Condition.HalfRewound);
    }

    [Theory]
    [InlineData(Condition.Empty), InlineData(Condition.Unusable)]
    public void A_switchover_names_a_third_node_whose_data_cannot_be_read(Condition third)
    {
        foreach (var form in Enum.GetValues<SwitchoverForm>())
        {
            var plan = Assert.IsType<Plan>(Decide(new Switchover("n1", StopOrder.PrimaryFirst) { By = form }, WalKinship.Identical, Condition.Primary, Condition.Standby, third));
            Assert.Contains(plan.Overrides, o => o.Contains("n3", StringComparison.Ordinal));
            Assert.Equal([new("n3", new WriterIsKnown("n1"))], plan.Answered);
            Assert.Equal(["n3"], plan.Undo!.Mandate.Answered);
        }
    }

    [Fact]
    public void A_switchover_to_a_standby_that_proves_nothing_is_refused_before_anything_stops()
    {
        foreach (var form in Enum.GetValues<SwitchoverForm>())
            Refuses(Code.WalNotProven, new Switchover("n1", StopOrder.PrimaryFirst) { By = form }, WalKinship.NotProvable, Condition.Primary, Condition.Standby);
    }

    /// <summary>The last primary can always be started, whatever the other node cannot prove.</summary>
    [Theory]
    [InlineData(Condition.StoppedAsPrimary), InlineData(Condition.StoppedAsStandby), InlineData(Condition.Crashed)]
    public void Force_answers_for_a_node_that_proves_nothing_and_it_is_left_as_it_is(Condition other)
    {
        foreach (var request in (ChangeRequest[])[new StartPrimary("n1"), new StartAll("n1"), new StartNode("n1")])
        {
            Refuses(Code.WalNotProven, request, WalKinship.NotProvable, Condition.Crashed, other);
            var plan = Assert.IsType<Plan>(Decide(request.Under(new() { Force = true }), WalKinship.NotProvable, Condition.Crashed, other));
            Assert.Equal(["start?as=primary&accept=n2"], plan.Stages.SelectMany(s => s).Where(s => s is StartAsPrimary or StartAsStandby or Follow).Select(s => s.Path));
            Assert.Contains("n2", Assert.Single(plan.Overrides), StringComparison.Ordinal);
            Refuses(Code.WalNotProven, request.Under(new() { Force = true }), WalKinship.Forked, Condition.Crashed, other);
        }
    }

    [Fact]
    public void Only_nodes_that_were_refused_are_answered_for()
    {
        var plan = Assert.IsType<Plan>(Decide(new StartPrimary("n1").Under(new() { Force = true }), WalKinship.Identical, Condition.StoppedAsPrimary, Condition.StoppedAsStandby, Condition.AgentAway));
        Assert.Equal([new("n3", new ForcedByOperator())], plan.Answered);
        Assert.Equal(["n3"], plan.Stages.SelectMany(s => s).OfType<StartAsPrimary>().Single().Accepted);
    }

    /// <summary>The primary ran when the operation began: to serve again comes first.</summary>
    [Fact]
    public void An_undo_starts_the_old_primary_beside_data_that_cannot_be_read_any_more()
    {
        var plan = Assert.IsType<Plan>(Decide(new StartAll("n1").Under(new() { IsUndo = true }), WalKinship.Behind, Condition.StoppedAsPrimary, Condition.StoppedAsStandby, Condition.Empty));
        Assert.Equal(["n3"], plan.Stages.SelectMany(s => s).OfType<StartAsPrimary>().Single().Accepted);
        Refuses(Code.AnotherWritable, new StartAll("n1").Under(new() { IsUndo = true }), WalKinship.Behind, Condition.StoppedAsPrimary, Condition.StoppedAsStandby, Condition.AgentAway);
    }

    [Fact]
    public void A_failover_on_the_only_writable_node_is_done() =>
        Plans(ByPromotion, WalKinship.Behind, Condition.PrimaryAlone, Condition.StoppedAsPrimary);

    [Fact]
    public void A_running_standby_cannot_be_started_as_primary() =>
        Refuses(Code.RunningStandby, new StartPrimary("n1"), WalKinship.Ahead, Condition.Standby, Condition.Primary);

    [Fact]
    public void A_second_primary_is_not_started() =>
        Refuses(Code.AnotherWritable, new StartPrimary("n1"), WalKinship.Ahead, Condition.StoppedAsStandby, Condition.PrimaryAlone);

    [Fact]
    public void A_start_without_standby_signal_is_a_start_as_primary() =>
        Refuses(Code.AnotherWritable, new StartNode("n1"), WalKinship.Ahead, Condition.StoppedAsPrimary, Condition.PrimaryAlone);

    [Fact]
    public void A_node_in_crash_recovery_without_standby_signal_counts_as_writable() =>
        Refuses(Code.AnotherWritable, new StartPrimary("n1"), WalKinship.Behind, Condition.StoppedAsStandby, Condition.CrashRecovery);

    [Fact]
    public void A_running_primary_does_not_become_a_standby() =>
        Refuses(Code.RunningPrimary, new StartStandby("n1"), WalKinship.Behind, Condition.PrimaryAlone, Condition.StoppedAsStandby);

    [Fact]
    public void A_standby_needs_a_primary() =>
        Refuses(Code.PrimaryNotStarted, new StartStandby("n1"), WalKinship.Behind, Condition.StoppedAsStandby, Condition.StoppedAsPrimary);

    [Theory]
    [InlineData(WalKinship.Ahead)]
    [InlineData(WalKinship.Forked)]
    [InlineData(WalKinship.NotProvable)]
    public void A_node_whose_WAL_is_not_a_beginning_of_the_primarys_does_not_join(WalKinship kin) =>
        Refuses(Code.WalNotProven, new StartStandby("n1"), kin, Condition.StoppedAsPrimary, Condition.PrimaryAlone);

    [Fact]
    public void A_switchover_needs_a_streaming_standby() =>
        Refuses(Code.WrongState, new Switchover("n1", StopOrder.PrimaryFirst), WalKinship.Behind, Condition.PrimaryAlone, Condition.Recovering);

    [Fact]
    public void Two_writable_nodes_raise_an_alarm_and_only_stops_go_on()
    {
        Refuses(Code.AnotherWritable, new StartAll("n1"), WalKinship.Forked, Condition.PrimaryAlone, Condition.PrimaryAlone);
        Refuses(Code.WrongState, new StopPrimary("n1"), WalKinship.Forked, Condition.PrimaryAlone, Condition.PrimaryAlone);
        Plans(new StopNode("n1"), WalKinship.Forked, Condition.PrimaryAlone, Condition.PrimaryAlone);
    }

    [Fact]
    public void Stopping_all_with_an_unknown_node_is_refused_before_any_stop_unless_forced()
    {
        Refuses(Code.PeerUnreachable, new StopAll("n1", StopOrder.PrimaryFirst), WalKinship.Identical, Condition.PrimaryAlone, Condition.AgentAway);
        Plans(new StopAll("n1", StopOrder.PrimaryFirst).Under(new() { Force = true }), WalKinship.Identical, Condition.PrimaryAlone, Condition.AgentAway);
    }

    [Fact]
    public void An_empty_data_directory_is_named() =>
        Refuses(Code.WrongState, new StartStandby("n1"), WalKinship.Identical, Condition.Empty, Condition.PrimaryAlone);

    [Fact]
    public void A_former_primary_is_replayed_as_a_standby_before_it_becomes_primary_again()
    {
        var plan = Assert.IsType<Plan>(Decide(new StartPrimary("n1"), WalKinship.Ahead, Condition.StoppedAsPrimary, Condition.StoppedAsPrimary));
        Assert.Equal(
            ["Demote", "CompleteWal", "ReplayWal", "StartAsPrimary"],
            plan.Stages.SelectMany(s => s).Select(s => s.GetType().Name));
    }

    [Fact]
    public void A_former_standby_only_needs_the_files()
    {
        var plan = Assert.IsType<Plan>(Decide(new StartPrimary("n1"), WalKinship.Ahead, Condition.StoppedAsStandby, Condition.StoppedAsPrimary));
        Assert.Equal(["Demote", "CompleteWal", "StartAsPrimary"], plan.Stages.SelectMany(s => s).Select(s => s.GetType().Name));
    }

    /// <summary>The copy would fail, and only after both are stopped.</summary>
    [Theory]
    [InlineData(Condition.StoppedAsPrimary, "POST instance/master on n2"), InlineData(Condition.Crashed, "POST instance/master on n2"), InlineData(Condition.Recovering, "POST instance/failover/promote on n2")]
    public void A_node_is_not_completed_from_one_that_has_a_hole_after_its_end(Condition other, string wayOut)
    {
        var view = Sketch.View(Condition.StoppedAsStandby, other);
        var wal = Sketch.Wal(view, "n1", _ => WalKinship.Ahead);
        var ahead = wal.PositionOf("n2")! with { Oldest = new(0x5000000), Older = [new(new(0x2000000), new(0x3000100))], End = new(0x5000900) };
        var holed = wal with { Positions = new Dictionary<string, Answer<WalPosition>> { ["n1"] = wal.PositionOf("n1")!, ["n2"] = ahead } };
        foreach (var force in new[] { false, true })
            Assert.Contains(wayOut, Assert.IsType<Refused>(Sketch.Decide(new StartPrimary("n1").Under(new() { Force = force }), view, holed)).Why.Hint, StringComparison.Ordinal);
        Assert.IsType<Plan>(Sketch.Decide(new StartPrimary("n1"), view, wal));
    }

    /// <summary>Its WAL was removed only a moment ago, and another line may have the same timelines.</summary>
    [Theory]
    [InlineData(0x4000200UL, false), InlineData(0x4000000UL, true), InlineData(0x5000000UL, false)]
    public void A_node_that_ended_in_a_hole_has_to_prove_itself_and_one_from_before_the_oldest_file_has_not(ulong end, bool passes)
    {
        TimelineSpan[] line = [new(new(1), Lsn.Zero, null)];
        var view = Sketch.View(Condition.Crashed, Condition.StoppedAsStandby);
        var wal = Sketch.Wal(view, "n1", _ => WalKinship.NotProvable);
        var own = wal.PositionOf("n1")! with { Oldest = new(0x5000000), Older = [new(new(0x4000000), new(0x4000100))], End = new(0x5000900), Lineage = line };
        var old = wal.PositionOf("n2")! with { End = new(end), Lineage = line };
        wal = wal with { Positions = new Dictionary<string, Answer<WalPosition>> { ["n1"] = own, ["n2"] = old } };
        Assert.Equal(passes, WritableRules.Judge("n1", view, wal, []).Refusal is null);
    }
}
