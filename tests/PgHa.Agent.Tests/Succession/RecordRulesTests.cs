using PgHa.Agent.Cluster;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;
using PgHa.Agent.Tests.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Succession;

/// <summary>When an operator may make the record again, or give it up for its holder.</summary>
[Trait("Category", "Fast")]
public class RecordRulesTests
{
    private static readonly RecordAnswer Emptied = new RecordAnswer.Unreadable("there is no record, and epoch 7 was seen before: etcd was emptied");
    private static readonly PrimaryRecord Record = new()
    {
        Node = "n1", Epoch = 7, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 8000, Since = DateTimeOffset.UnixEpoch, Timeline = 3, System = Sketch.System,
    };

    [Fact]
    public void It_is_made_again_above_all_that_any_node_has_seen()
    {
        var plan = RecordRules.Recreate(See(Emptied, N1(Condition.StoppedAsPrimary, 7, 3), N2(Condition.Standby, 9, 5)), []);
        Assert.True(plan.IsOk, plan.Refusal?.Message);
        Assert.Equal(("n1", 10L, 5U), (plan.Value.Node, plan.Value.Epoch, plan.Value.Timeline));
    }

    /// <summary>With failover.sync: all that was acknowledged is on the last primary, and what the sync record said before may be older than what was acknowledged.</summary>
    [Fact]
    public void The_one_on_the_highest_timeline_was_primary_last()
    {
        var (n1, n2) = (N1(Condition.StoppedAsPrimary, 7, 3), N2(Condition.StoppedAsPrimary, 7, 3));
        var seen = See(Emptied, n1, n2 with { Control = n2.Control! with { Timeline = new(n1.Control!.Timeline.Value + 1) } });
        Assert.Equal(("n2", (SyncRecord?)null), (RecordRules.Recreate(seen, []).Value!.Node, RecordRules.Recreate(seen, []).Value!.Sync));
        var plan = RecordRules.Recreate(seen with { View = new([.. seen.View.Nodes.Select(n => n with { ManagesSync = true })]) }, []).Value!;
        Assert.Equal(SyncRecord.First("n2", plan.Epoch), plan.Sync);
    }

    [Fact]
    public void An_older_record_that_was_restored_counts_too()
    {
        var seen = See(Emptied, N1(Condition.StoppedAsPrimary, 1, 1), N2(Condition.Standby, 1, 1));
        var plan = RecordRules.Recreate(seen with { Found = new(1, new(4, Record.Text), Record) }, []);
        Assert.Equal((8L, 3U), (plan.Value!.Epoch, plan.Value.Timeline));
    }

    [Fact]
    public void A_node_that_is_gone_has_to_be_named_and_may_have_seen_more()
    {
        var seen = See(Emptied, N1(Condition.AgentAway, 0, 0), N2(Condition.Standby, 7, 3));
        Assert.Equal(Code.PeerUnreachable, RecordRules.Recreate(seen, []).Refusal!.Code);
        var plan = RecordRules.Recreate(seen, ["n1"]);
        Assert.True(plan.IsOk, plan.Refusal?.Message);
        Assert.Equal((1008L, 4U), (plan.Value.Epoch, plan.Value.Timeline));
        Assert.Contains(plan.Value.Words, w => w.StartsWith("n1 does not answer: you answer for it", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ServerSign.AcceptsWrites), InlineData(ServerSign.Unclear)]
    public void Nobody_can_answer_for_a_server_that_is_seen(ServerSign sign)
    {
        var seen = See(Emptied, N1(Condition.AgentAway, 0, 0), N2(Condition.Standby, 7, 3)) with { Signs = new Dictionary<string, ServerSign> { ["n1"] = sign } };
        Assert.Equal(Code.AnotherWritable, RecordRules.Recreate(seen, ["n1"]).Refusal!.Code);
        Assert.Equal(Code.AnotherWritable, RecordRules.Release(seen with { Answer = new RecordAnswer.Stands(Record, 3) }, "n1").Refusal!.Code);
    }

    [Theory]
    [InlineData(Condition.Primary), InlineData(Condition.PrimaryAlone), InlineData(Condition.Frozen), InlineData(Condition.CrashRecovery)]
    public void Not_while_a_node_is_or_may_be_writable(Condition condition) =>
        Assert.Equal(Code.AnotherWritable, RecordRules.Recreate(See(Emptied, N1(condition, 7, 3), N2(Condition.StoppedAsStandby, 7, 3)), []).Refusal!.Code);

    [Fact]
    public void Not_where_a_guard_still_lets_a_server_write()
    {
        var n1 = N1(Condition.StoppedAsPrimary, 7, 3);
        var seen = See(Emptied, n1 with { Failover = n1.Failover! with { MayWriteFor = 2.5 } }, N2(Condition.Standby, 7, 3));
        Assert.Equal(Code.AnotherWritable, RecordRules.Recreate(seen, []).Refusal!.Code);
    }

    [Fact]
    public void Not_where_there_is_a_record_or_never_was_one_or_etcd_is_out()
    {
        var (n1, n2) = (N1(Condition.StoppedAsPrimary, 0, 0), N2(Condition.Standby, 0, 0));
        Assert.Equal(Code.WrongState, RecordRules.Recreate(See(new RecordAnswer.Stands(Record, 3), n1, n2), []).Refusal!.Code);
        Assert.Equal(Code.WrongState, RecordRules.Recreate(See(new RecordAnswer.Absent(), n1, n2), []).Refusal!.Code);
        Assert.Equal(Code.PeerUnreachable, RecordRules.Recreate(See(new RecordAnswer.Outage("nobody answers"), n1, n2), []).Refusal!.Code);
        Assert.True(RecordRules.Recreate(See(new RecordAnswer.Absent(), n1, N2(Condition.Standby, 7, 3)), []).IsOk); // this node has seen nothing, the other one has
    }

    /// <summary>The primary was lost before it took the first record: without it nobody can say that there never was one.</summary>
    [Fact]
    public void The_first_one_is_made_for_a_node_that_is_gone_before_there_was_one()
    {
        var seen = See(new RecordAnswer.Absent(), N1(Condition.AgentAway, 0, 0), N2(Condition.Standby, 0, 0));
        Assert.Contains("force=NODE", RecordRules.Recreate(seen, []).Refusal!.Hint, StringComparison.Ordinal);
        var plan = RecordRules.Recreate(seen, ["n1"]);
        Assert.True(plan.IsOk, plan.Refusal?.Message);
        Assert.Equal((1001L, seen.View["n2"].Control!.Timeline.Value + 1), (plan.Value.Epoch, plan.Value.Timeline));
        var served = seen with { Signs = new Dictionary<string, ServerSign> { ["n1"] = ServerSign.AcceptsWrites } };
        Assert.Equal(Code.AnotherWritable, RecordRules.Recreate(served, ["n1"]).Refusal!.Code);
    }

    [Fact]
    public void Another_node_that_remembers_more_is_named_where_this_one_sees_a_record()
    {
        var n2 = N2(Condition.Standby, 9, 3);
        var seen = See(new RecordAnswer.Stands(Record, 3), N1(Condition.StoppedAsPrimary, 0, 0), n2 with { Failover = n2.Failover! with { RecordProblem = "it was restored from a backup" } });
        Assert.Contains("Call it on n2", RecordRules.Recreate(seen, []).Refusal!.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_those_of_nodes_that_do_not_answer()
    {
        var seen = See(Emptied, N1(Condition.StoppedAsPrimary, 7, 3), N2(Condition.Standby, 7, 3));
        Assert.Equal(Code.Invalid, RecordRules.Recreate(seen, ["n9"]).Refusal!.Code);
        Assert.Equal(Code.WrongState, RecordRules.Recreate(seen, ["n1"]).Refusal!.Code);
    }

    [Fact]
    public void The_record_of_a_holder_that_is_gone_is_given_up_with_an_epoch_of_its_own()
    {
        var seen = See(new RecordAnswer.Stands(Record, 3), N1(Condition.AgentAway, 0, 0), N2(Condition.Standby, 7, 3));
        var plan = RecordRules.Release(seen, "n1");
        Assert.True(plan.IsOk, plan.Refusal?.Message);
        Assert.Equal(("n1", 8L, 3U), (plan.Value.Node, plan.Value.Epoch, plan.Value.Timeline));
    }

    [Fact]
    public void It_is_not_given_up_for_a_node_that_answers_does_not_hold_it_or_has_given_it_up()
    {
        var (gone, n2) = (N1(Condition.AgentAway, 0, 0), N2(Condition.Standby, 7, 3));
        Assert.Equal(Code.WrongState, RecordRules.Release(See(new RecordAnswer.Stands(Record, 3), N1(Condition.StoppedAsPrimary, 7, 3), n2), "n1").Refusal!.Code);
        Assert.Equal(Code.WrongState, RecordRules.Release(See(new RecordAnswer.Stands(Record with { Node = "n2" }, 3), gone, n2), "n1").Refusal!.Code);
        Assert.Equal(Code.WrongState, RecordRules.Release(See(new RecordAnswer.Stands(Record with { Released = true }, 3), gone, n2), "n1").Refusal!.Code);
        Assert.Equal(Code.WrongState, RecordRules.Release(See(Emptied, gone, n2), "n1").Refusal!.Code);
        Assert.Equal(Code.Invalid, RecordRules.Release(See(new RecordAnswer.Stands(Record, 3), gone, n2), "n9").Refusal!.Code);
    }

    private static RecordSights See(RecordAnswer answer, NodeObservation n1, NodeObservation n2) => new("n2", new ClusterView([n1, n2]), answer, new(1, default, null), new Dictionary<string, ServerSign>());

    private static NodeObservation N1(Condition condition, long epoch, uint timeline) => Seen("n1", condition, epoch, timeline);

    private static NodeObservation N2(Condition condition, long epoch, uint timeline) => Seen("n2", condition, epoch, timeline);

    private static NodeObservation Seen(string node, Condition condition, long epoch, uint timeline)
    {
        var seen = Sketch.Node(node, condition);
        return seen.Reachable ? seen with { Failover = new FailoverFacts { Epoch = epoch, Timeline = timeline } } : seen;
    }
}
