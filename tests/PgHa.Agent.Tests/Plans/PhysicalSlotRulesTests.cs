using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Which slots a node keeps for the others, and how far they are advanced.</summary>
[Trait("Category", "Fast")]
public class PhysicalSlotRulesTests
{
    private const ulong Megabyte = 1 << 20;
    private static readonly Dictionary<string, string> OfOthers = new() { ["n2"] = "pgha_n2", ["n3"] = "pgha_n3" };

    [Fact]
    public void Missing_slots_are_made_on_every_running_node_whatever_the_others_are()
    {
        foreach (var condition in (Condition[])[Condition.Primary, Condition.PrimaryAlone, Condition.Standby, Condition.Recovering])
            Assert.Equal([new CreateSlot("pgha_n2"), new CreateSlot("pgha_n3")], Decide(Sketch.View(condition, Condition.AgentAway, Condition.Empty)));
    }

    [Fact]
    public void Nothing_is_done_while_the_server_does_not_answer() =>
        Assert.Empty(Decide(Sketch.View(Condition.Frozen, Condition.Standby, Condition.StoppedAsStandby)));

    [Fact]
    public void The_slot_of_no_other_node_is_dropped_unless_it_is_used()
    {
        var view = With(Sketch.View(Condition.Primary, Condition.Standby, Condition.Standby), 0, Slot("pgha_n2"), Slot("pgha_n3"), Slot("pgha_n1"), Slot("pgha_n9", active: true));
        Assert.Equal("pgha_n1", Assert.IsType<DropSlot>(Assert.Single(Decide(view))).Slot);
    }

    [Fact]
    public void The_primary_advances_the_slot_of_a_standby_that_streams_without_it()
    {
        var view = Streams(With(Sketch.View(Condition.Primary, Condition.Standby, Condition.AgentAway), 0, Slot("pgha_n2", 0x1000000), Slot("pgha_n3", 0x1000000)), 1, "n1", 0x2800000);
        Assert.Equal([new AdvanceSlot("pgha_n2", new(0x2800000))], Decide(view));
    }

    [Theory]
    [InlineData("n9"), InlineData(null)]
    public void A_standby_that_streams_from_elsewhere_proves_nothing(string? from)
    {
        var view = Streams(With(Sketch.View(Condition.Primary, Condition.Standby, Condition.AgentAway, Condition.Standby), 0, Slot("pgha_n2", 0x1000000), Slot("pgha_n3", 0x1000000)),
            1, from == "n9" ? "n4" : null, 0x2800000);
        Assert.Empty(Decide(view));
    }

    [Fact]
    public void A_standby_on_another_timeline_proves_nothing()
    {
        var view = Streams(With(Sketch.View(Condition.Primary, Condition.Standby, Condition.AgentAway), 0, Slot("pgha_n2", 0x1000000), Slot("pgha_n3", 0x1000000)), 1, "n1", 0x2800000, timeline: 2);
        Assert.Empty(Decide(view));
    }

    [Fact]
    public void A_standby_advances_to_what_the_other_has_confirmed_to_the_primary_and_never_past_what_it_says_itself()
    {
        var view = With(With(Sketch.View(Condition.Standby, Condition.Standby, Condition.Primary), 0, Slot("pgha_n2", 0x1000000), Slot("pgha_n3", 0x1000000)),
            2, Slot("pgha_n2", 0x2400000, active: true));
        view = Streams(Streams(view, 0, "n3", 0x3000000), 1, "n3", 0x2800000);
        Assert.Contains(new AdvanceSlot("pgha_n2", new(0x2400000)), Decide(view));
        Assert.Contains(new AdvanceSlot("pgha_n2", new(0x2300000)), Decide(Streams(view, 1, "n3", 0x2300000)));
    }

    [Fact]
    public void While_a_node_is_away_a_standby_keeps_what_the_primary_keeps_for_it()
    {
        var view = With(With(Sketch.View(Condition.Standby, Condition.AgentAway, Condition.Primary), 0, Slot("pgha_n2", 0x1000000), Slot("pgha_n3", 0x2000028)),
            2, Slot("pgha_n2", 0x1800000));
        Assert.Equal([new AdvanceSlot("pgha_n2", new(0x1800000))], Decide(Streams(view, 0, "n3", 0x3000000)));
    }

    [Fact]
    public void For_a_node_that_streams_from_one_that_is_not_known_here_nothing_is_advanced()
    {
        var view = With(Sketch.View(Condition.Primary, Condition.Standby, Condition.Standby), 0, Slot("pgha_n2", 0x1000000), Slot("pgha_n3"));
        Assert.Equal([new AdvanceSlot("pgha_n2", new(0x2800000))], Decide(Streams(view, 1, "n1", 0x2800000)));
        Assert.Empty(Decide(Streams(view, 1, "n9", 0x2800000)));
    }

    [Fact]
    public void For_the_primary_a_standby_keeps_WAL_from_its_own_last_restartpoint_on()
    {
        var view = With(Sketch.View(Condition.Standby, Condition.AgentAway, Condition.Primary), 0, Slot("pgha_n2", 0x1000000), Slot("pgha_n3", 0x1000000));
        Assert.Equal([new AdvanceSlot("pgha_n3", new(0x2000028))], Decide(Streams(view, 0, "n3", 0x3000000)));
    }

    [Fact]
    public void Without_one_primary_nothing_is_advanced()
    {
        var view = With(Sketch.View(Condition.Primary, Condition.Primary, Condition.Standby), 0, Slot("pgha_n2", 0x1000000), Slot("pgha_n3", 0x1000000));
        Assert.Empty(Decide(Streams(view, 2, "n1", 0x2800000)));
    }

    [Fact]
    public void A_slot_that_holds_back_too_much_is_given_up_but_not_while_it_is_used_or_can_be_advanced()
    {
        var view = Sketch.View(Condition.Primary, Condition.AgentAway, Condition.Standby);
        var tooMuch = With(view, 0, Slot("pgha_n2", 0x1000000, holds: 101 * Megabyte), Slot("pgha_n3", 0x1000000, holds: 101 * Megabyte));
        Assert.Equal(["pgha_n2", "pgha_n3"], Decide(tooMuch).OfType<DropSlot>().Where(d => d.GivenUp).Select(d => d.Slot));
        Assert.Equal(["pgha_n2"], Decide(Streams(tooMuch, 2, "n1", 0x2800000)).OfType<DropSlot>().Select(d => d.Slot));
        Assert.Empty(Decide(With(view, 0, Slot("pgha_n2", 0x1000000, active: true, holds: 101 * Megabyte), Slot("pgha_n3", 0x1000000, holds: 99 * Megabyte))));
    }

    [Fact]
    public void What_the_server_keeps_for_its_own_recovery_is_no_reason_to_give_a_slot_up() =>
        Assert.Empty(Decide(With(Sketch.View(Condition.Primary, Condition.AgentAway, Condition.AgentAway), 0, Slot("pgha_n2", 0x2000028, holds: 101 * Megabyte), Slot("pgha_n3"))));

    [Fact]
    public void A_slot_that_was_given_up_is_made_again_only_when_its_node_streams()
    {
        var view = With(Sketch.View(Condition.Primary, Condition.Standby, Condition.AgentAway), 0, Slot("pgha_n3"));
        Assert.Empty(Decide(view, "pgha_n2"));
        Assert.Equal([new CreateSlot("pgha_n2")], Decide(Streams(view, 1, "n1", 0x2800000), "pgha_n2"));
    }

    [Fact]
    public void A_slot_that_PostgreSQL_has_given_up_is_dropped()
    {
        var view = With(Sketch.View(Condition.Primary, Condition.AgentAway, Condition.AgentAway), 0, Slot("pgha_n2") with { RestartLsn = null, WalStatus = "lost" }, Slot("pgha_n3"));
        Assert.True(Assert.IsType<DropSlot>(Assert.Single(Decide(view))).GivenUp);
    }

    [Theory]
    [InlineData("", "pgha_n1"), InlineData("pgha_n1", "pgha_n1"), InlineData("pgha_other", "pgha_n1"), InlineData("by_hand", "by_hand"), InlineData("elsewhere", "pgha_n1"), InlineData("lost", "pgha_n1")]
    public void A_standby_uses_its_own_slot_unless_its_operator_has_set_one_that_is_there(string current, string used) =>
        Assert.Equal(used, SlotChoice.Name("pgha_n1", current, [new("by_hand", false, false), new("pgha_other", false, false), new("lost", false, true)]));

    [Fact]
    public void The_slot_is_there_before_it_is_used()
    {
        Assert.Single(SlotChoice.Prepare("pgha_n1", []), s => s.Contains("pg_create_physical_replication_slot('pgha_n1'", StringComparison.Ordinal));
        Assert.Empty(SlotChoice.Prepare("pgha_n1", [new("pgha_n1", false, false)]));
        Assert.Equal(2, SlotChoice.Prepare("pgha_n1", [new("pgha_n1", false, Lost: true)]).Count());
    }

    private static IReadOnlyList<SlotChange> Decide(ClusterView view, params string[] givenUp) =>
        PhysicalSlotRules.For("n1", view, new(OfOthers, 100 * Megabyte, givenUp.ToHashSet()));

    private static PhysicalSlotFacts Slot(string name, ulong restart = 0x2F00000, bool active = false, ulong holds = 0) => new(name, active, holds, new Lsn(restart), "reserved");

    private static ClusterView With(ClusterView view, int index, params PhysicalSlotFacts[] slots) => Change(view, index, n => n with { Sql = n.Sql! with { Slots = slots } });

    private static ClusterView Streams(ClusterView view, int index, string? from, ulong received, uint timeline = 1) => Change(view, index, n =>
        n with { UpstreamNode = from, Sql = n.Sql! with { Receive = new(received), Timeline = new(timeline) } });

    private static ClusterView Change(ClusterView view, int index, Func<NodeObservation, NodeObservation> change) =>
        new([.. view.Nodes.Select((n, i) => i == index ? change(n) : n)]);
}
