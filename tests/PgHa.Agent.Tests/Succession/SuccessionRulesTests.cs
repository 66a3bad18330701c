using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Agent.Plans;
using PgHa.Agent.Succession;
using PgHa.Agent.Tests.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Succession;

/// <summary>The table of rules, over every combination of what it looks at.</summary>
[Trait("Category", "Fast")]
public class SuccessionRulesTests
{
    private static readonly SuccessionAction[] Takes = [SuccessionAction.Take, SuccessionAction.TakeFirst, SuccessionAction.FailOver, SuccessionAction.PassOn];
    private static readonly SuccessionAction[] Acts = [.. Takes, SuccessionAction.StartAsPrimary, SuccessionAction.Promote, SuccessionAction.StartInRecovery, SuccessionAction.Follow];
    private static readonly Condition[] Own = [Condition.PrimaryAlone, Condition.Standby, Condition.Recovering, Condition.StoppedAsPrimary, Condition.StoppedAsStandby, Condition.Frozen, Condition.CrashRecovery];
    private static readonly Condition[] Others = [Condition.Primary, Condition.Standby, Condition.StoppedAsStandby, Condition.AgentAway];
    private static readonly bool[] Both = [false, true];

    private static readonly PrimaryRecord Record = new()
    {
        Node = "n1", Epoch = 3, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 8000, Since = DateTimeOffset.UnixEpoch, Timeline = 1, System = Sketch.System,
    };

    private static IEnumerable<SuccessionFacts> Worlds() =>
        from own in Own
        from other in Others
        from record in Enum.GetValues<RecordState>()
        from holder in new[] { "n1", "n2" }
        where record != RecordState.Own || holder == "n1"
        where record is not (RecordState.Another or RecordState.Revoked) || holder == "n2"
        from held in record == RecordState.Own ? Both : [false]
        from kin in other == Condition.AgentAway ? [WalKinship.NotProvable] : new[] { WalKinship.Identical, WalKinship.Ahead, WalKinship.Behind }
        let view = Seen(own, other)
        let wal = record is RecordState.RanOut or RecordState.Revoked ? Sketch.Wal(view, "n1", _ => kin) : null
        from flags in Enumerable.Range(0, 1 << 8)
        select new SuccessionFacts
        {
            Node = "n1",
            View = view,
            Record = record,
            Stands = record is RecordState.Never ? null : Record with { Node = holder, Manual = record is RecordState.ByHand or RecordState.Returns, Released = record == RecordState.RanOut && Has(flags, 0) },
            Why = "etcd does not answer",
            Held = held,
            HolderLost = record == RecordState.Another && other == Condition.AgentAway,
            Sync = record == RecordState.Another ? new() { Epoch = 3, Holder = "n2", Set = new(["n1"], 1) } : null,
            Revocation = record == RecordState.Revoked ? Pledged(Record with { Node = "n2", Revocable = true }, "n1") : null,
            Wal = wal,
            Guarded = Has(flags, 0),
            Blind = Has(flags, 1),
            HasSeenOne = Has(flags, 2),
            Hangs = Has(flags, 3),
            StoppedOnPurpose = Has(flags, 4),
            Busy = Has(flags, 5) ? "a switchover" : null,
            Paused = Has(flags, 6),
            NotEligible = Has(flags, 7) ? "failover.nofailover is set" : null,
            OldPrimaryServes = Has(flags, 3),
            Failed = Has(flags, 1) ? "refused" : null,
        };

    private static Revocation? Pledged(PrimaryRecord record, params string[] voters) => Revocation.Of(record, 7, new() { Epoch = record.Epoch, Holder = record.Node, Set = new(voters, 1) }, 8,
        voters.Select((v, i) => new PledgeSeen(new() { Node = v, Epoch = record.Epoch + 1, Timeline = record.Timeline, End = 100 }, 10 + i)));

    private static bool Has(int flags, int bit) => (flags & (1 << bit)) != 0;

    private static ClusterView Seen(params Condition[] conditions) =>
        new([.. Sketch.View(conditions).Nodes.Select(n => n with { Failover = n.Reachable ? new() { Epoch = 0 } : null })]);

    [Fact]
    public void The_record_is_taken_only_where_it_is_nobody_elses()
    {
        foreach (var f in Worlds())
        {
            var verdict = SuccessionRules.Judge(f);
            if (verdict.Action == SuccessionAction.TakeFirst)
                Assert.True(f.Record is RecordState.Never or RecordState.Returns && !f.View["n2"].MayBeWritable, $"{f}");
            else if (Takes.Contains(verdict.Action))
                Assert.True(f.Record is RecordState.Own or RecordState.RanOut || (f.Record == RecordState.Revoked && verdict.Action == SuccessionAction.FailOver), $"{f}");
        }
    }

    [Fact]
    public void A_writable_server_without_the_record_is_stopped_and_no_other()
    {
        foreach (var f in Worlds())
        {
            var action = SuccessionRules.Judge(f).Action;
            Assert.True(action != SuccessionAction.Stop || (f.Own.Writable && !f.Held), $"{f}");
            Assert.True(action != SuccessionAction.StopAndGiveUp || f is { Held: true, Hangs: true }, $"{f}");
            if (f.Own.Writable && f.Record == RecordState.Another)
                Assert.Equal(SuccessionAction.Stop, action);
            if (f.Own.Writable && f is { Record: RecordState.Outage, Held: false, HasSeenOne: true, Blind: true, Guarded: false })
                Assert.Equal(SuccessionAction.Stop, action);
        }
    }

    [Fact]
    public void Paused_or_while_an_operation_runs_nothing_is_begun()
    {
        foreach (var f in Worlds().Where(f => f.Paused || f.Busy is not null))
        {
            var verdict = SuccessionRules.Judge(f);
            Assert.True(!Acts.Contains(verdict.Action) || (verdict.Row == 2 && f.Own.Writable), $"{verdict} {f}");
        }
    }

    [Fact]
    public void Nobody_fails_over_beside_a_server_that_serves_or_a_node_that_is_better()
    {
        foreach (var f in Worlds())
        {
            var verdict = SuccessionRules.Judge(f);
            if (f.Held || (verdict.Action is not (SuccessionAction.FailOver or SuccessionAction.StartInRecovery) && (verdict.Action != SuccessionAction.Take || f.Record != RecordState.RanOut || f.Own.Writable)))
                continue; // who holds it looks at the others by the plan
            Assert.True(f is { Record: RecordState.RanOut or RecordState.Revoked, OldPrimaryServes: false, NotEligible: null } && !f.View["n2"].Writable, $"{f}");
            Assert.True(!f.View["n2"].InRecovery || (f.Own.InRecovery && f.Wal!.Of("n2").Kinship != WalKinship.Ahead), $"{f}");
        }
    }

    /// <summary>Also where its record was won late, and where it is told of another node only.</summary>
    [Fact]
    public void Who_has_promised_takes_nothing_and_is_stopped_where_it_is_writable()
    {
        foreach (var f in Worlds().Where(f => !f.Held))
        {
            var verdict = SuccessionRules.Judge(f with { PromisedTo = "n2", PromisedFor = TimeSpan.FromSeconds(3) });
            Assert.True(!Takes.Contains(verdict.Action) && verdict.Action is not (SuccessionAction.StartAsPrimary or SuccessionAction.Promote), $"{verdict} {f}");
            Assert.True(!f.Own.Writable || verdict.Action == SuccessionAction.Stop, $"{verdict} {f}");
            if (f.Record is not (RecordState.Own or RecordState.RanOut) || f.View["n2"].Failover is null || f.Own.Writable)
                continue;
            var other = new ClusterView([f.Own, f.View["n2"] with { Failover = new() { Epoch = 3, PromisedTo = "n3", PromisedFor = 3 } }]);
            Assert.Equal((3, SuccessionAction.None), (SuccessionRules.Judge(f with { View = other }).Row, SuccessionRules.Judge(f with { View = other }).Action));
            var own = new ClusterView([f.Own, f.View["n2"] with { Failover = new() { Epoch = 3, PromisedTo = "n1", PromisedFor = 3 } }]);
            Assert.Equal(SuccessionRules.Judge(f), SuccessionRules.Judge(f with { View = own })); // promised to this node: it may go on
        }
    }

    [Fact]
    public void Who_serves_without_etcd_says_by_whose_promise_and_who_has_not_promised()
    {
        var facts = new SuccessionFacts { Node = "n1", View = Seen(Condition.PrimaryAlone, Condition.AgentAway), Record = RecordState.Own, Held = true, Stands = Record, MayWriteFor = TimeSpan.FromSeconds(3.25) };
        Assert.Equal("it serves without etcd by the promise of n2, n3, for 3.3 s more; that is renewed while all of them answer", SuccessionRules.Judge(facts with { StaysBy = ["n2", "n3"] }).Reason);
        var refused = SuccessionRules.Judge(facts with { StaysBy = ["n2", "n3"], NoConsent = "n3 does not answer in time" });
        Assert.Equal((9, SuccessionAction.None), (refused.Row, refused.Action));
        Assert.Contains("killed in 3.3 s", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("n3 does not answer in time", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_row_is_reached_and_every_verdict_says_why()
    {
        var reached = new HashSet<int>();
        foreach (var f in Worlds().Append(Worlds().First() with { Unusable = "the data here are those of another database" }))
        {
            var verdict = SuccessionRules.Judge(f);
            Assert.NotEmpty(verdict.Reason);
            reached.Add(verdict.Row);
        }
        Assert.Equal(SuccessionRules.Table.Select(r => r.Number), reached.Where(n => n > 0).Order());
        Assert.Equal(Enumerable.Range(1, SuccessionRules.Table.Count), SuccessionRules.Table.Select(r => r.Number));
    }

    [Fact]
    public void A_node_that_is_paused_by_itself_does_nothing_and_stands_in_nobodys_way()
    {
        foreach (var f in Worlds().Where(f => !f.Paused))
        {
            var verdict = SuccessionRules.Judge(f with { PausedNodes = ["n1"] });
            Assert.True(!Acts.Contains(verdict.Action) || (verdict.Row == 2 && f.Own.Writable), $"{verdict} {f}");
        }
        var view = Seen(Condition.Standby, Condition.Standby);
        var facts = new SuccessionFacts { Node = "n1", View = view, Record = RecordState.RanOut, Stands = Record with { Node = "n9" }, Wal = Sketch.Wal(view, "n1", _ => WalKinship.Ahead) };
        Assert.Equal("n2", SuccessionRules.Judge(facts).LeftTo);
        Assert.Equal(SuccessionAction.FailOver, SuccessionRules.Judge(facts with { PausedNodes = ["n2"] }).Action);
    }

    [Fact]
    public void A_node_whose_machine_goes_down_takes_nothing_and_starts_nothing()
    {
        foreach (var f in Worlds().Where(f => f.NotEligible is not null)) // leaving makes it so
        {
            var verdict = SuccessionRules.Judge(f with { Leaves = true });
            Assert.True(verdict.Action is not (SuccessionAction.StartAsPrimary or SuccessionAction.Promote or SuccessionAction.Follow or SuccessionAction.FailOver or SuccessionAction.StartInRecovery), $"{verdict} {f}");
        }
    }

    /// <summary>postgres --single runs the crash recovery before a rewind: it serves nobody.</summary>
    [Fact]
    public void A_server_in_single_user_mode_is_not_stopped()
    {
        var facts = new SuccessionFacts { Node = "n1", View = Seen(Condition.CrashRecovery, Condition.Primary), Record = RecordState.Another, Stands = Record with { Node = "n2" } };
        Assert.Equal(SuccessionAction.Stop, SuccessionRules.Judge(facts).Action);
        Assert.Equal(SuccessionAction.None, SuccessionRules.Judge(facts with { SingleUser = true }).Action);
    }

    [Fact]
    public void A_promotion_that_does_not_end_gives_the_place_up()
    {
        var view = Seen(Condition.Recovering, Condition.AgentAway);
        view = new([view.Nodes[0] with { Promoting = true }, view.Nodes[1]]);
        var facts = new SuccessionFacts { Node = "n1", View = view, Record = RecordState.Own, Held = true, Stands = Record };
        Assert.Equal(SuccessionAction.None, SuccessionRules.Judge(facts).Action);
        Assert.Equal(SuccessionAction.StopAndGiveUp, SuccessionRules.Judge(facts with { Failed = "not within 10 minutes" }).Action);
    }

    /// <summary>Its disk may hang: agent and processes are there, and nothing ends them.</summary>
    [Fact]
    public void A_node_that_hangs_on_its_way_down_does_not_hold_the_others_back()
    {
        var view = Seen(Condition.AgentAway, Condition.Standby);
        view = new([Sketch.Node("n1", Condition.CrashRecovery) with { Server = ServerStatus.ShuttingDown, Failover = new() { Epoch = 3 } }, view.Nodes[1]]);
        var facts = new SuccessionFacts { Node = "n2", View = view, Record = RecordState.RanOut, Stands = Record, Wal = Sketch.Wal(view, "n2", _ => WalKinship.Identical) };
        Assert.Equal(SuccessionAction.FailOver, SuccessionRules.Judge(facts).Action);
    }

    [Fact]
    public void A_voter_pledges_where_the_primary_is_lost_and_enough_others_can_and_then_the_best_one_fails_over()
    {
        var record = Record with { Node = "n3", Revocable = true };
        var view = Seen(Condition.Standby, Condition.Standby, Condition.AgentAway);
        var lost = new SuccessionFacts
        {
            Node = "n1", View = view, Record = RecordState.Another, Stands = record, HolderLost = true, Sync = new() { Epoch = 3, Holder = "n3", Set = new(["n1", "n2"], 1) },
        };
        Assert.Equal((12, SuccessionAction.Pledge), Of(lost));
        SuccessionFacts[] not =
        [
            lost with { HolderLost = false }, lost with { Stands = record with { Revocable = false } }, lost with { NotEligible = "failover.nofailover is set" }, lost with { NoPledge = "not again for 10 s" },
            lost with { Sync = null }, lost with { Sync = lost.Sync! with { Epoch = 2 } }, lost with { Sync = lost.Sync with { Holder = "n2" } }, lost with { Sync = lost.Sync with { GivenUp = true } },
            lost with { Sync = lost.Sync with { Set = new(["n2"], 1) } }, lost with { Sync = lost.Sync with { Set = new(["n1", "n2"], 0) } }, lost with { Paused = true }, lost with { PausedNodes = ["n1"] },
            lost with { PausedNodes = ["n2"] }, lost with { Busy = "a switchover" }, lost with { Leaves = true }, lost with { Pledged = 4 }, lost with { PromisedTo = "n3" }, lost with { Record = RecordState.Outage },
            lost with { View = Seen(Condition.Standby, Condition.AgentAway, Condition.AgentAway) }, lost with { View = Seen(Condition.StoppedAsStandby, Condition.Standby, Condition.AgentAway) },
        ];
        foreach (var f in not)
            Assert.NotEqual(SuccessionAction.Pledge, SuccessionRules.Judge(f).Action);
        Assert.Equal((12, SuccessionAction.Pledge), Of(lost with { View = not[^2].View, Sync = lost.Sync with { Set = new(["n1", "n2"], 2) } })); // of two that have it all one suffices

        var revoked = lost with { Record = RecordState.Revoked, Pledged = 4, Revocation = Pledged(record, "n1", "n2"), Wal = Sketch.Wal(view, "n1", _ => WalKinship.Identical) };
        var verdict = SuccessionRules.Judge(revoked);
        Assert.Equal((16, SuccessionAction.FailOver), (verdict.Row, verdict.Action));
        Assert.Contains("of n3 is revoked by n1 and n2", verdict.Reason, StringComparison.Ordinal);
        Assert.Equal("n2", SuccessionRules.Judge(revoked with { Wal = Sketch.Wal(view, "n1", _ => WalKinship.Ahead) }).LeftTo);
        Assert.Equal(SuccessionAction.None, SuccessionRules.Judge(revoked with { PromisedTo = "n3" }).Action);
        Assert.Equal(SuccessionAction.None, SuccessionRules.Judge(revoked with { View = Seen(Condition.Standby, Condition.Standby, Condition.PrimaryAlone) }).Action); // it is seen to serve after all

        static (int, SuccessionAction) Of(SuccessionFacts f) => SuccessionRules.Judge(f) is var v ? (v.Row, v.Action) : default;
    }

    [Fact]
    public void The_document_shows_the_table_as_it_is()
    {
        var document = File.ReadAllText(Path.Combine(Sources.Root, "docs/failover.md"));
        foreach (var row in SuccessionRules.Table)
            Assert.Contains($"| {row.Number} | {row.When} | {row.Then} |", document, StringComparison.Ordinal);
    }

    /// <summary>Three nodes see the same, each from its own side: of those that could take the primary's place one comes forward, and no more.</summary>
    [Fact]
    public void Of_all_nodes_that_see_the_same_exactly_one_comes_forward()
    {
        Condition[] standing = [Condition.Standby, Condition.Recovering, Condition.StoppedAsStandby, Condition.AgentAway];
        foreach (var (a, b, c) in from a in standing from b in standing from c in standing select (a, b, c))
            foreach (var order in Enumerable.Range(0, 27))
            {
                var view = Seen(a, b, c);
                Lsn[] ends = [new(0x3000000UL + ((ulong)(order % 3) << 8)), new(0x3000000UL + ((ulong)(order / 3 % 3) << 8)), new(0x3000000UL + ((ulong)(order / 9) << 8))];
                var acting = view.Nodes.Where(n => n.Reachable).Count(n => Acts.Contains(SuccessionRules.Judge(From(n.Node, view, ends)).Action));
                Assert.Equal(view.Nodes.Any(n => n.Reachable) ? 1 : 0, acting);
            }
    }

    /// <summary>A standby that had taken the record, and was down because its WAL was being completed, was started as primary: on the timeline of the old one.</summary>
    [Fact]
    public void Whoever_holds_the_record_and_was_not_primary_yet_is_promoted_and_not_started_as_primary()
    {
        var facts = new SuccessionFacts { Node = "n1", View = Seen(Condition.StoppedAsStandby, Condition.AgentAway), Record = RecordState.Own, Stands = Record, Held = true };
        Assert.Equal(SuccessionAction.StartInRecovery, SuccessionRules.Judge(facts).Action);
        Assert.Equal(SuccessionAction.StartAsPrimary, SuccessionRules.Judge(facts with { View = Seen(Condition.StoppedAsPrimary, Condition.AgentAway) }).Action);
    }

    /// <summary>A rewind that broke off left the node stopped for ever, and the hint named a call that is refused.</summary>
    [Fact]
    public void What_a_rewind_left_half_done_is_replaced_by_a_copy_and_takes_no_ones_place()
    {
        var view = Seen(Condition.HalfRewound, Condition.Primary);
        var facts = new SuccessionFacts { Node = "n1", View = view, Record = RecordState.Another, Stands = Record with { Node = "n2" }, NotEligible = view["n1"].DataProblem };
        Assert.Equal(SuccessionAction.Follow, SuccessionRules.Judge(facts).Action);
        Assert.Equal(RejoinForm.Reclone, SuccessionRules.Return(facts));
        Assert.Null(SuccessionRules.Return(facts with { Rejoin = RejoinMode.Manual }));
        Assert.Equal(RejoinForm.Rewind, SuccessionRules.Return(facts with { Node = "n2" }));
        Assert.Equal(SuccessionAction.None, SuccessionRules.Judge(facts with { Record = RecordState.RanOut }).Action);
        Assert.Contains("POST instance/slave?rejoin=reclone on n1", CommonRules.Refuse(new StartStandby("n1"), view)?.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void With_sync_nobody_takes_it_before_what_was_acknowledged_is_seen_and_of_equals_a_voter_comes_forward()
    {
        var view = Seen(Condition.AgentAway, Condition.Standby, Condition.Standby);
        view = new([view.Nodes[0], view.Nodes[1], view.Nodes[2] with { Failover = new() { Epoch = 3, Priority = 9 } }]);
        Lsn[] ends = [new(0x3000000), new(0x3000000), new(0x3000000)];
        var sync = new SyncRecord { Epoch = 3, Holder = "n1", Set = new(["n2"], 1) };
        SuccessionFacts Facts(string node, SyncRecord? record, ClusterView seen) => From(node, seen, ends) with { Stands = Record with { Node = "n1" }, Sync = record };
        Assert.Equal("n3", SuccessionRules.Judge(Facts("n2", null, view)).LeftTo);
        Assert.Equal(SuccessionAction.FailOver, SuccessionRules.Judge(Facts("n2", sync, view)).Action);
        Assert.Equal("n2", SuccessionRules.Judge(Facts("n3", sync, view)).LeftTo);

        var alone = new ClusterView([view.Nodes[0], NodeObservation.Unreachable("n2", "away"), view.Nodes[2]]);
        var waits = SuccessionRules.Judge(Facts("n3", sync, alone));
        Assert.Equal((13, SuccessionAction.None), (waits.Row, waits.Action));
        Assert.Contains("everything is on n1 and on n2", waits.Reason, StringComparison.Ordinal);
        Assert.Contains("sync/release?nodes=n1,n2", waits.Hint, StringComparison.Ordinal);
        Assert.Equal(SuccessionAction.FailOver, SuccessionRules.Judge(Facts("n3", sync with { GivenUp = true }, alone)).Action);
        Assert.Equal(SuccessionAction.FailOver, SuccessionRules.Judge(Facts("n3", sync with { Set = new(["n2", "n3"], 2) }, alone)).Action);
        Assert.Equal(13, SuccessionRules.Judge(Facts("n3", sync with { Set = new(["n2", "n3"], 1) }, alone)).Row);
        Assert.Equal(13, SuccessionRules.Judge(Facts("n3", sync, alone) with { Sync = null, SyncUnknown = "etcd does not answer" }).Row);
        var managed = new ClusterView([.. alone.Nodes.Select(n => n with { ManagesSync = true })]);
        Assert.Equal(13, SuccessionRules.Judge(Facts("n3", null, managed)).Row); // sync is on, and the record was never written
    }

    private static SuccessionFacts From(string node, ClusterView view, Lsn[] ends) => new()
    {
        Node = node,
        View = view,
        Record = RecordState.RanOut,
        Stands = Record with { Node = "n9" },
        Wal = new(node, view.Nodes.Where(n => n.Reachable).ToDictionary(n => n.Node, n => (Answer<WalPosition>)(Sketch.Position(n.Node, new TimelineSpan(new(1), Lsn.Zero, null)) with { End = End(n.Node, ends) })),
            view.Nodes.Where(n => n.Reachable && n.Node != node).ToDictionary(n => n.Node, n => Sketch.Kin(n.Node, node,
                End(n.Node, ends) == End(node, ends) ? WalKinship.Identical : End(n.Node, ends) > End(node, ends) ? WalKinship.Ahead : WalKinship.Behind, End(node, ends)))),
    };

    private static Lsn End(string node, Lsn[] ends) => ends[node[1] - '1'];
}
