using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Every kind of slot against every kind of copy, on every major: what must never be decided.</summary>
[Trait("Category", "Fast")]
public class SlotRulesTests
{
    private const string Name = "orders";

    private static readonly int[] MajorVersions = [13, 15, 16, 17, 18];
    private static readonly Lsn Original = new(0x5000000);
    private static readonly Lsn Restart = new(0x4000000);

    private static readonly SlotFacts Usual = new()
    {
        Name = Name,
        Plugin = "pgoutput",
        DatabaseOid = 5,
        Database = "postgres",
        CatalogXmin = 700,
        RestartLsn = Restart,
        ConfirmedFlush = Original,
    };

    private static readonly SlotFacts[] Originals =
    [
        Usual, Usual with { Failover = true }, Usual with { TwoPhase = true }, Usual with { Invalid = "wal_removed", RestartLsn = null },
        Usual with { Temporary = true }, Usual with { Name = "pg_16400_sync_16390_7000000000000000001" }, Usual with { ConfirmedFlush = null },
        new() { Name = Name, RestartLsn = Restart },
    ];

    private static readonly Lsn[] Positions = [new(0x4800000), Original, new(0x5800000)];

    private sealed record Case(SlotsReport Own, SlotsReport Theirs, SlotVerdict Verdict, bool AsPrimary)
    {
        public SlotFacts? Copy => Own[Verdict.Name];

        public SlotFacts Slot => Theirs.Slots[0];

        public override string ToString() => $"{Own.Major} running {Own.Running} as primary {AsPrimary}: {Slot} against {Copy} replay {Own.Replay} oldest {Own.OldestWal}: {Verdict}";
    }

    private static IEnumerable<SlotFacts?> Copies(SlotFacts slot)
    {
        yield return null;
        foreach (var at in Positions)
            foreach (var copy in new SlotCopy?[] { null, new("n1", true), new("n1", false), new("n9", true) })
            {
                var usual = slot with { Temporary = false, Invalid = null, RestartLsn = Restart, ConfirmedFlush = at, Failover = false, Copy = copy };
                yield return usual;
                yield return usual with { Plugin = "test_decoding" };
                yield return usual with { DatabaseOid = 0, Plugin = null };
                yield return usual with { Invalid = "rows_removed" };
                yield return usual with { ActivePid = 4711 };
                yield return usual with { TwoPhase = !slot.TwoPhase };
                yield return usual with { Synced = true };
                yield return usual with { CatalogXmin = 600 };
            }
    }

    private static IEnumerable<Case> All()
    {
        foreach (var major in MajorVersions)
            foreach (var slot in Originals)
                foreach (var copy in Copies(slot))
                    foreach (var source in new[] { true, false })
                        foreach (var c in Judged(major, slot, copy, source))
                            yield return c;
    }

    private static IEnumerable<Case> Judged(int major, SlotFacts slot, SlotFacts? copy, bool sourceRuns)
    {
        var theirs = new SlotsReport { Node = "n1", Major = major, Running = sourceRuns, Slots = [slot] };
        var own = new SlotsReport { Node = "n2", Major = major, Running = true, Slots = copy is null ? [] : [copy] };
        foreach (var replay in new Lsn[] { new(0x4900000), new(0x6000000) })
            foreach (var syncs in new[] { false, true })
                foreach (var verdict in SlotRules.OnStandby(own with { Replay = replay, SyncsFailoverSlots = syncs }, theirs))
                    yield return new(own with { Replay = replay, SyncsFailoverSlots = syncs }, theirs, verdict, false);
        foreach (var oldest in new Lsn[] { new(0x1000000), new(0x4800000) })
            foreach (var asPrimary in new[] { false, true })
                foreach (var verdict in SlotRules.WhileDown(own with { Running = false, OldestWal = oldest }, theirs, asPrimary))
                    yield return new(own with { Running = false, OldestWal = oldest }, theirs, verdict, asPrimary);
    }

    private static void Holds(Func<Case, bool> which, Func<Case, bool> rule)
    {
        var cases = All().Where(which).ToArray();
        Assert.NotEmpty(cases);
        Assert.All(cases, c => Assert.True(rule(c), c.ToString()));
    }

    [Fact]
    public void A_copy_never_goes_further_than_its_original_or_its_nodes_replay_and_never_back() => Holds(c => c.Verdict.Task == SlotTask.Advance,
        c => c.Verdict.To <= c.Slot.ConfirmedFlush && c.Verdict.To <= c.Own.Replay && c.Verdict.To > c.Copy!.ConfirmedFlush);

    [Fact]
    public void Only_a_usable_copy_of_the_same_kind_that_the_server_does_not_keep_itself_is_advanced() => Holds(c => c.Verdict.Task == SlotTask.Advance,
        c => c.Own.Running && c.Copy is { Invalid: null, Synced: false, ActivePid: null } copy && copy.Plugin == c.Slot.Plugin && copy.DatabaseOid == c.Slot.DatabaseOid);

    [Fact]
    public void A_file_is_only_placed_while_the_server_is_down_and_holds_the_WAL() => Holds(c => c.Verdict.Task == SlotTask.Place,
        c => !c.Own.Running && c.Slot.RestartLsn >= c.Own.OldestWal && c.Slot.Invalid is null && (c.AsPrimary || c.Own.Major < 16));

    [Fact]
    public void A_slot_of_another_kind_is_neither_replaced_nor_dropped_unless_it_was_a_copy_from_there() => Holds(
        c => c.Copy is { } copy && (copy.Plugin != c.Slot.Plugin || copy.DatabaseOid != c.Slot.DatabaseOid) && copy.Copy?.Source != "n1" && SlotRules.IsCarried(c.Slot),
        c => c.Verdict is { Task: SlotTask.Wait, NotCarried: not null });

    [Fact]
    public void Temporary_slots_and_those_that_copy_tables_are_never_carried()
    {
        Assert.Equal(3, Originals.Count(s => !SlotRules.IsCarried(s))); // the physical one, too
        Assert.DoesNotContain(All(), c => !SlotRules.IsCarried(c.Slot));
    }

    [Fact]
    public void A_slot_is_made_by_SQL_from_16_on_and_only_on_a_running_standby() => Holds(
        c => c.Verdict.Task == SlotTask.Create, c => c.Own is { Running: true, Major: >= 16 } && c.Copy is null && c.Verdict.NotCarried is not null);

    [Fact]
    public void Before_16_a_missing_copy_waits_for_a_stop_and_is_named() => Holds(
        c => c is { Own: { Running: true, Major: < 16 }, Copy: null } && SlotRules.IsCarried(c.Slot) && c.Slot is { Invalid: null, ConfirmedFlush: not null },
        c => c.Verdict is { Task: SlotTask.Wait, NeedsStop: true, NotCarried: not null });

    [Fact]
    public void Before_16_no_copy_of_a_slot_that_is_still_there_is_dropped() => Holds(
        c => c.Own.Major < 16 && c.Verdict.Task == SlotTask.Drop, c => c.Copy!.Copy?.Source == "n1" && c.Copy.Plugin != c.Slot.Plugin);

    [Fact]
    public void A_slot_made_on_the_standby_counts_only_once_its_original_has_passed_it() => Holds(
        c => c is { Own: { Running: true, Major: >= 16, SyncsFailoverSlots: false }, Copy: { Synced: false, Copy: null or { Level: false } } } && c.Copy.ConfirmedFlush > c.Slot.ConfirmedFlush && SlotRules.IsCarried(c.Slot),
        c => c.Verdict.NotCarried is not null);

    [Fact]
    public void What_counts_as_carried_is_a_usable_copy_of_the_same_kind() => Holds(
        c => c.Verdict is { Task: SlotTask.Nothing, NotCarried: null } && c.Own.Running && SlotRules.IsCarried(c.Slot),
        c => c.Slot.Invalid is null && c.Copy is { Invalid: null } copy && copy.Plugin == c.Slot.Plugin && copy.DatabaseOid == c.Slot.DatabaseOid);

    [Fact]
    public void A_slot_that_cannot_be_used_on_the_primary_is_named() => Holds(
        c => c.Slot.Invalid is not null, c => c.Verdict is { Task: SlotTask.Wait, NotCarried: not null });

    [Fact]
    public void The_servers_own_failover_slots_are_left_to_it_except_for_what_stands_in_its_way() => Holds(
        c => c.Own is { Running: true, SyncsFailoverSlots: true, Major: >= 17 } && c.Slot.Failover,
        c => c.Verdict.Task is not (SlotTask.Advance or SlotTask.Create) && (c.Verdict.Task != SlotTask.Drop || !c.Copy!.Synced));

    [Theory]
    [InlineData(15, 0x5000000, 600u, false, false, true)] // level: it needs what its original needs
    [InlineData(15, 0x4800000, 700u, false, false, true)] // before it, but the original's horizon did not pass it
    [InlineData(15, 0x4800000, 600u, false, false, false)]
    [InlineData(15, 0x4800000, 600u, true, true, true)] // kept back by the standby's own physical slot
    [InlineData(15, 0x4800000, 600u, true, false, false)] // kept back now, but it is not known since when
    [InlineData(15, 0x4800000, 600u, false, true, false)] // and no more
    [InlineData(15, 0x4800000, 4294967290u, false, false, false)] // before 700 in the circle of transaction numbers
    [InlineData(16, 0x4800000, 600u, false, false, true)] // its server would have given it up
    public void A_copy_before_its_original_is_proven_only_by_rows_that_were_kept(int major, uint at, uint catalogXmin, bool feedback, bool kept, bool proven)
    {
        var copy = Usual with { ConfirmedFlush = new(at), CatalogXmin = catalogXmin, Copy = new("n1", true, kept) };
        var own = new SlotsReport { Node = "n2", Major = major, Running = true, Feedback = feedback, UpstreamSlot = "n2", Slots = [copy] };
        var theirs = new SlotsReport { Node = "n1", Major = major, Running = true, Slots = [Usual, new() { Name = "n2", CatalogXmin = 600 }] };
        Assert.Equal(proven, SlotRules.Unproven(copy, Usual, own, theirs) is null);
        Assert.Equal(feedback && proven, SlotRules.Remember(copy, Usual, own, theirs)!.Kept);
    }

    [Fact]
    public void From_16_on_a_slot_that_is_no_copy_is_neither_touched_nor_counted() => Holds(
        c => c.Own.Major >= 16 && c.Copy is { Synced: false, Copy: null } && SlotRules.IsCarried(c.Slot),
        c => c.Verdict is { Task: SlotTask.Wait, NotCarried: not null } && SlotRules.Remember(c.Copy!, c.Slot, c.Own, c.Theirs) is null);

    [Theory]
    [InlineData("logical", 2, null)]
    [InlineData("logical", 1, "max_replication_slots is 1 on n2")]
    [InlineData("replica", 2, "wal_level is replica on n2")]
    public void A_slot_without_which_alone_the_server_would_start_is_named_before_anything_stops(string walLevel, int room, string? why)
    {
        var own = new SlotsReport { Node = "n2", Major = 15, Running = false, WalLevel = walLevel, MaxSlots = room, Slots = [new() { Name = "n1" }] };
        var verdict = Assert.Single(SlotRules.WhileDown(own, new SlotsReport { Node = "n1", Major = 15, Running = true, Slots = [Usual] }, asPrimary: true));
        Assert.Equal(why is null ? SlotTask.Place : SlotTask.Wait, verdict.Task);
        Assert.StartsWith(why ?? "", verdict.NotCarried ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_whose_original_was_dropped_goes_and_one_that_never_had_any_stays()
    {
        var theirs = new SlotsReport { Node = "n1", Major = 15, Running = true, Slots = [] };
        SlotsReport Own(SlotCopy? copy) => new() { Node = "n2", Major = 15, Running = true, Slots = [Usual with { Copy = copy }] };
        Assert.Equal(SlotTask.Drop, Assert.Single(SlotRules.OnStandby(Own(new("n1", true)), theirs)).Task);
        Assert.Equal(SlotTask.Nothing, Assert.Single(SlotRules.OnStandby(Own(new("n3", true)), theirs)).Task);
        Assert.Equal(SlotTask.Nothing, Assert.Single(SlotRules.OnStandby(Own(null), theirs)).Task);
        var damaged = theirs with { Broken = [new(Name, "it was put aside")] };
        Assert.DoesNotContain(SlotRules.OnStandby(Own(new("n1", true)), damaged), v => v.Task == SlotTask.Drop); // the copy is all that is left of it
    }
}
