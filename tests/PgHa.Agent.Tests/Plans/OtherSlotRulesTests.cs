using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Plans;

/// <summary>What becomes of physical slots that are not pgha's.</summary>
[Trait("Category", "Fast")]
public class OtherSlotRulesTests
{
    private static readonly Lsn Redo = new(0x2000028), Before = new(0x1000000), Late = new(0x2F00000);
    private static readonly SlotCopy OfN1 = new("n1", Level: true), OfN2 = new("n2", Level: true);

    [Fact]
    public void A_standby_copies_what_it_has_not_and_covers_what_its_last_restartpoint_does()
    {
        Assert.Equal([new CopySlot("barman", "n1", Reserve: true)], For([Slot(Late)], [])!.Changes);
        Assert.Empty(For([Slot(Late)], [])!.Left);
        Assert.Empty(For([Slot(new(0x2000000))], [])!.Left); // the same segment
        Assert.StartsWith("physical slot barman is not carried: its consumer needs WAL from 0/1000000 on, and n2 keeps it only from 0/2000028 on", Assert.Single(For([Slot(Before)], [])!.Left), StringComparison.Ordinal);
        Assert.Equal([new CopySlot("barman", "n1", Reserve: false)], For([Slot(null)], [])!.Changes);
    }

    [Fact]
    public void A_copy_is_advanced_as_its_consumer_gets_on_and_never_while_it_is_used()
    {
        Assert.Equal([new AdvanceSlot("barman", Late)], For([Slot(Late)], [Slot(Redo)], OfN1)!.Changes);
        Assert.Empty(For([Slot(Redo)], [Slot(Late)], OfN1)!.Changes);
        Assert.Empty(For([Slot(Late)], [Slot(Redo) with { Active = true }], OfN1)!.Changes);
        Assert.Empty(For([Slot(null)], [Slot(null)], OfN1)!.Changes);
        Assert.Equal(["DropCopy", "CopySlot"], For([Slot(Late)], [Slot(null)], OfN1)!.Changes.Select(c => c.GetType().Name));
        Assert.Equal(["DropCopy", "CopySlot"], For([Slot(Late)], [Lost(Slot(Redo))], OfN1)!.Changes.Select(c => c.GetType().Name));
        Assert.Equal(["DropCopy"], For([Lost(Slot(Late))], [Slot(Redo)], OfN1)!.Changes.Select(c => c.GetType().Name));
    }

    [Fact]
    public void What_a_standby_has_of_its_own_is_named_and_never_touched()
    {
        var found = For([Slot(Late)], [Slot(Redo)])!;
        Assert.Empty(found.Changes);
        Assert.Equal("physical slot barman is not carried: n2 has a slot of its own of that name", Assert.Single(found.Left));
        Assert.Equal(["barman"], found.Missing);
        Assert.Empty(For([], [Slot(Redo)])!.Changes);
        Assert.Empty(For([], [Slot(Redo)])!.Left);
        Assert.Contains("holds back 64 MB", Assert.Single(For([], [Slot(Redo) with { HoldsBytes = 64 << 20 }])!.Left), StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_goes_with_its_original_and_a_former_original_stays_and_is_named()
    {
        Assert.IsType<DropCopy>(Assert.Single(For([], [Slot(Redo)], OfN1)!.Changes));
        Assert.Empty(For([], [Slot(Redo) with { Active = true }], OfN1)!.Changes);
        Assert.Empty(For([], [Slot(Redo)], OfN2)!.Changes);
        Assert.Contains("make it there, or drop it on n2", Assert.Single(For([], [Slot(Redo)], OfN2)!.Left), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_done_without_a_primary_that_says_what_it_has_nor_with_the_slot_a_standby_streams_with()
    {
        Assert.Null(OtherSlotRules.For("n1", View([Slot(Late)], []), _ => null, 1));
        Assert.Null(OtherSlotRules.For("n2", View(null, [Slot(Redo)]), _ => OfN1, 1));
        Assert.Null(OtherSlotRules.For("n2", Sketch.View(Condition.AgentAway, Condition.Standby), _ => OfN1, 1));
        var view = View([Slot(Late)], []);
        view = new([view["n1"], view["n2"] with { Sql = view["n2"].Sql! with { UpstreamSlot = "barman" } }]);
        Assert.Empty(OtherSlotRules.For("n2", view, _ => null, 1)!.Changes);
    }

    [Fact]
    public void A_plan_makes_missing_copies_before_anything_stops_and_names_what_is_not_carried()
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby);
        var carried = Carried(view, Report("n2", true), Report("n1", true, File("safe", Late), File("old", Before)));
        Assert.All(carried.Stages[0], s => Assert.IsType<CheckUpstream>(s));
        Assert.Equal(new CopySlots("n2", "n1"), Assert.Single(carried.Stages[1]));
        Assert.Contains(new PhysicalSlotsGo("n1", ["safe"]), carried.Evidence);
        Assert.StartsWith("physical slot old is not carried: its consumer needs WAL from", Assert.Single(carried.NotCarried), StringComparison.Ordinal);
        var plan = Carried(view, Report("n2", true), Report("n1", true));
        var has = Carried(view, Report("n2", true, File("safe", Redo) with { Copy = OfN1 }), Report("n1", true, File("safe", Late)));
        Assert.Equal(Sketch.Calls(plan), Sketch.Calls(has));
        Assert.Empty(has.NotCarried);
        var others = Carried(view, Report("n2", true), Report("n1", true, File("pgha_n2", Late), File("logical", Late) with { DatabaseOid = 5 }));
        Assert.DoesNotContain(others.Stages.SelectMany(s => s), s => s is CopySlots);
        Assert.DoesNotContain(others.Evidence, e => e is PhysicalSlotsGo);
        Assert.DoesNotContain(others.NotCarried, e => e.Contains("physical", StringComparison.Ordinal));
    }

    private static Plan Carried(ClusterView view, SlotsReport own, SlotsReport theirs) => Assert.IsType<Plan>(Planner.Decide(new Switchover("n1", StopOrder.PrimaryFirst), Mandate.None,
        new(view, Sketch.Wal(view, "n1", _ => WalKinship.Identical)) { Slots = new Dictionary<string, Answer<SlotsReport>> { ["n2"] = own, ["n1"] = theirs } }));

    [Fact]
    public void Where_the_old_primary_is_gone_what_held_its_consumers_WAL_last_is_told_from_what_did_not()
    {
        var view = Sketch.View(Condition.AgentAway, Condition.Recovering);
        var own = Report("n2", true, File("safe", Redo) with { Copy = OfN1 }, File("old", Redo) with { Copy = OfN1 with { Level = false } }, File("mine", Redo)) with { MissingPhysical = ["mine", "none"] };
        var plan = Assert.IsType<Plan>(Planner.Decide(new Failover("n2", FailoverForm.Promote), new() { Force = true }, new(view, Sketch.Wal(view, "n2", _ => WalKinship.Identical))
        {
            Slots = new Dictionary<string, Answer<SlotsReport>> { ["n2"] = own, ["n1"] = new Refusal(Code.PeerUnreachable, "away", "bring it back") },
        }));
        Assert.Contains(new PhysicalSlotsGo("n1", ["safe"]), plan.Evidence);
        Assert.Equal(["old", "mine", "none"], plan.NotCarried.Select(n => n.Split(' ')[2]));
    }

    private static OtherSlots? For(PhysicalSlotFacts[] theirs, PhysicalSlotFacts[] own, SlotCopy? copy = null) => OtherSlotRules.For("n2", View(theirs, own), _ => copy, 10 << 20);

    private static ClusterView View(PhysicalSlotFacts[]? theirs, PhysicalSlotFacts[] own)
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby);
        return new([view["n1"] with { Sql = view["n1"].Sql! with { OtherSlots = theirs } }, view["n2"] with { Sql = view["n2"].Sql! with { OtherSlots = own } }]);
    }

    private static PhysicalSlotFacts Slot(Lsn? restart) => new("barman", false, 0, restart, "reserved");

    private static PhysicalSlotFacts Lost(PhysicalSlotFacts slot) => slot with { WalStatus = "lost" };

    private static SlotFacts File(string name, Lsn restart) => new() { Name = name, RestartLsn = restart };

    private static SlotsReport Report(string node, bool running, params SlotFacts[] slots) => new() { Node = node, Major = 15, Running = running, Replay = node == "n2" ? new(0x3000000) : null, Slots = slots };
}
