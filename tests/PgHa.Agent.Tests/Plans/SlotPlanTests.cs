using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Where the primary moves, its slots move with it, at the right moment of the plan.</summary>
[Trait("Category", "Fast")]
public class SlotPlanTests
{
    private static readonly SlotFacts Slot = new() { Name = "orders", Plugin = "pgoutput", DatabaseOid = 5, CatalogXmin = 700, RestartLsn = new(0x2000000), ConfirmedFlush = new(0x2800000) };

    private static SlotsReport Slots(string node, bool running, params SlotFacts[] slots) =>
        new() { Node = node, Major = 15, Running = running, Replay = running ? new(0x3000000) : null, OldestWal = new(0x1000000), Slots = slots };

    private static (Plan Plan, string[] Steps) Carried(ChangeRequest request, Condition one, Condition two, SlotsReport own, SlotsReport theirs)
    {
        var view = Sketch.View(one, two);
        var wal = Sketch.Wal(view, Planner.Focus(request, view), _ => WalKinship.Behind);
        Assert.Equal([own.Node, theirs.Node], Moves(request, view, wal));
        var carried = Carry(request, view, wal, own, (theirs.Node, theirs));
        return (carried, [.. carried.Stages.SelectMany(s => s).Where(s => s.Changes || s is LevelSlots).Select(s => s.GetType().Name)]);
    }

    /// <summary>Whose slots are asked for: first of the node that becomes primary, then of the one before.</summary>
    private static IReadOnlyList<string> Moves(MandatedRequest asked, ClusterView view, WalView wal) => Planner.Needs(asked.Request, asked.Mandate, new(view, wal)).Slots;

    private static Plan Carry(MandatedRequest asked, ClusterView view, WalView wal, Answer<SlotsReport> own, (string Node, Answer<SlotsReport> Slots) theirs) =>
        Assert.IsType<Plan>(Planner.Decide(asked.Request, asked.Mandate, new(view, wal) { Slots = new Dictionary<string, Answer<SlotsReport>> { ["n2"] = own, [theirs.Node] = theirs.Slots } }));

    [Fact]
    public void In_a_switchover_by_restart_files_are_placed_when_both_are_down_and_the_WAL_is_complete()
    {
        var (plan, steps) = Carried(new Switchover("n1", StopOrder.PrimaryFirst), Condition.Primary, Condition.Standby, Slots("n2", true), Slots("n1", true, Slot));
        Assert.Equal(["Demote", "StopServer", "StopServer", "CompleteWal", "PlaceSlots", "StartAsPrimary", "StartAsStandby"], steps);
        Assert.Empty(plan.NotCarried);
        Assert.Contains(new LogicalSlotsGo("n1", ["orders"]), plan.Evidence);
    }

    [Fact]
    public void In_a_switchover_by_promotion_copies_are_levelled_before_writes_are_interrupted()
    {
        var (plan, steps) = Carried(new Switchover("n1", StopOrder.PrimaryFirst) { By = SwitchoverForm.Promote }, Condition.Primary, Condition.Standby,
            Slots("n2", true, Slot with { ConfirmedFlush = new(0x2700000) }), Slots("n1", true, Slot));
        Assert.Equal(["Demote", "LevelSlots", "HandOver", "TakeOver", "StartAsStandby"], steps);
        Assert.Empty(plan.NotCarried);
    }

    [Fact]
    public void A_running_standby_without_a_copy_is_named_before_it_is_promoted()
    {
        var (plan, _) = Carried(new Switchover("n1", StopOrder.PrimaryFirst) { By = SwitchoverForm.Promote }, Condition.Primary, Condition.Standby, Slots("n2", true), Slots("n1", true, Slot));
        Assert.StartsWith("slot orders is not carried: n2 has no copy of it", Assert.Single(plan.NotCarried), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failover_takes_the_slots_of_the_stopped_primary_in_both_forms()
    {
        var (_, restart) = Carried(new Failover("n2", FailoverForm.Restart), Condition.StoppedAsPrimary, Condition.Recovering, Slots("n2", true, Slot), Slots("n1", false, Slot));
        Assert.Equal(["Demote", "StopServer", "PlaceSlots", "StartAsPrimary"], restart);
        var (_, promote) = Carried(new Failover("n2", FailoverForm.Promote), Condition.StoppedAsPrimary, Condition.Recovering, Slots("n2", true, Slot), Slots("n1", false, Slot));
        Assert.Equal(["Demote", "LevelSlots", "PromoteServer"], promote);
    }

    [Fact]
    public void A_former_standby_that_starts_as_primary_gets_the_slots_of_the_one_before()
    {
        var (_, steps) = Carried(new StartPrimary("n2"), Condition.StoppedAsPrimary, Condition.StoppedAsStandby, Slots("n2", false), Slots("n1", false, Slot));
        Assert.Equal(["Demote", "PlaceSlots", "StartAsPrimary"], steps);
    }

    /// <summary>standby.signal says what a node is to be: the control file, what it was.</summary>
    [Fact]
    public void A_demoted_primary_still_is_the_one_whose_slots_are_carried()
    {
        var view = Sketch.View(Condition.StoppedDemoted, Condition.StoppedAsStandby);
        var wal = Sketch.Wal(view, "n2", _ => WalKinship.Identical);
        Assert.Equal(["n2", "n1"], Moves(new StartPrimary("n2"), view, wal));
        var own = Sketch.Wal(view, "n1", _ => WalKinship.Behind);
        Assert.IsType<Plan>(Sketch.Decide(new StartPrimary("n1"), view, own));
        Assert.Empty(Moves(new StartPrimary("n1"), view, own));
    }

    [Fact]
    public void The_last_primary_keeps_its_own()
    {
        var view = Sketch.View(Condition.StoppedAsPrimary, Condition.StoppedAsStandby);
        var wal = Sketch.Wal(view, "n1", _ => WalKinship.Behind);
        Assert.IsType<Plan>(Sketch.Decide(new StartPrimary("n1"), view, wal));
        Assert.Empty(Moves(new StartPrimary("n1"), view, wal));
    }

    [Theory]
    [InlineData(15, true, true, true)]
    [InlineData(15, true, false, false)] // what it needs may be gone, and nobody would have noticed
    [InlineData(16, true, false, true)] // its server would have given it up
    [InlineData(16, false, false, false)] // made later than its consumer stood
    public void Where_the_old_primarys_slots_cannot_be_seen_it_says_where_the_copies_stand_and_which_are_safe(int major, bool level, bool kept, bool safe)
    {
        var view = Sketch.View(Condition.AgentAway, Condition.Recovering);
        var request = new Failover("n2", FailoverForm.Promote).Under(new() { Force = true });
        var wal = Sketch.Wal(view, "n2", _ => WalKinship.Behind);
        var plan = Assert.IsType<Plan>(Sketch.Decide(request, view, wal));
        Assert.Equal(["n2", "n1"], Moves(request, view, wal));
        var own = Slots("n2", true, Slot with { Copy = new("n1", level, kept) }) with { Major = major };
        var carried = Carry(request, view, wal, own, ("n1", new Refusal(Code.PeerUnreachable, "away", "wait")));
        Assert.Equal(safe ? [] : ["slot orders is not carried: it cannot be seen on n1 (away), and "], carried.NotCarried.Select(w => w[..(w.IndexOf(" and ", StringComparison.Ordinal) + 5)]));
        Assert.Equal(safe ? [new LogicalSlotsGoUnseen("n1", [new("orders", new(0x2800000))], new("n2", null))] : [], carried.Evidence.OfType<LogicalSlotsGoUnseen>());
        Assert.Equal(Sketch.Calls(plan), Sketch.Calls(carried));
    }

    /// <summary>n3 was primary once and was never brought back; whoever was it after that cannot be looked at.</summary>
    [Theory]
    [InlineData(Condition.AgentAway)]
    [InlineData(Condition.Empty)]
    public void A_former_primary_that_was_left_behind_is_not_taken_for_the_last_one(Condition last)
    {
        var view = Sketch.View(last, Condition.Recovering, Condition.StoppedAsPrimary);
        var wal = Sketch.Wal(view, "n2", _ => WalKinship.Behind);
        Assert.Equal(["n2", "n1"], Moves(new Failover("n2", FailoverForm.Promote).Under(new() { Force = true }), view, wal));
    }

    [Fact]
    public void A_new_cluster_has_no_slots_to_carry()
    {
        var view = Sketch.View(Condition.Empty, Condition.Empty);
        Assert.IsType<Plan>(Sketch.Decide(new InitData("n1"), view, WalView.None));
        Assert.Empty(Moves(new InitData("n1"), view, WalView.None));
    }

    [Fact]
    public void A_consumer_beyond_the_end_of_WAL_is_named()
    {
        var (plan, _) = Carried(new Failover("n2", FailoverForm.Promote), Condition.StoppedAsPrimary, Condition.Recovering,
            Slots("n2", true, Slot) with { End = new(0x2700000) }, Slots("n1", false, Slot));
        Assert.StartsWith("slot orders is not carried: its consumer stands at 0/2800000, beyond the end of the WAL of n2 at 0/2700000", Assert.Single(plan.NotCarried), StringComparison.Ordinal);
    }

    [Fact]
    public void Slots_that_cannot_be_read_now_are_looked_at_again_by_the_steps()
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby);
        var wal = Sketch.Wal(view, "n1", _ => WalKinship.Identical);
        var request = new Switchover("n1", StopOrder.PrimaryFirst);
        foreach (var carried in new[]
        {
            Carry(request, view, wal, Slots("n2", true, Slot), ("n1", new Refusal(Code.WrongState, "timeout", "wait"))),
            Carry(request, view, wal, new Refusal(Code.WrongState, "starting", "wait"), ("n1", Slots("n1", true, Slot))),
        })
        {
            Assert.Contains(carried.Stages.SelectMany(s => s), s => s is PlaceSlots);
            Assert.NotEmpty(carried.NotCarried);
        }
    }

    [Fact]
    public void What_had_no_copy_when_it_was_seen_last_is_named_in_a_failover()
    {
        var view = Sketch.View(Condition.AgentAway, Condition.Recovering);
        var wal = Sketch.Wal(view, "n2", _ => WalKinship.Behind);
        var carried = Carry(new Failover("n2", FailoverForm.Promote).Under(new() { Force = true }), view, wal,
            Slots("n2", true) with { Missing = ["orders"] }, ("n1", new Refusal(Code.PeerUnreachable, "away", "wait")));
        Assert.Equal("slot orders is not carried: n2 had no copy of it when n1 was seen last", Assert.Single(carried.NotCarried));
    }

    [Fact]
    public void Without_logical_slots_a_plan_stays_as_it_is()
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby);
        var wal = Sketch.Wal(view, "n1", _ => WalKinship.Behind);
        var request = new Switchover("n1", StopOrder.PrimaryFirst);
        var plan = Assert.IsType<Plan>(Sketch.Decide(request, view, wal));
        var same = Carry(request, view, wal, Slots("n2", true), ("n1", Slots("n1", true, new SlotFacts { Name = "pgha_n2" })));
        Assert.Equal(Sketch.Calls(plan), Sketch.Calls(same));
        Assert.Equal(plan.Evidence, same.Evidence);
        Assert.Empty(same.NotCarried);
    }
}
