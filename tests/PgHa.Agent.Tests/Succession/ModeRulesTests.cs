using PgHa.Agent.Cluster;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;
using PgHa.Agent.Tests.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Succession;

/// <summary>From automatic mode to manual mode, and back.</summary>
[Trait("Category", "Fast")]
public class ModeRulesTests
{
    private static readonly PrimaryRecord Record = new()
    {
        Node = "n1", Epoch = 3, Boot = "b", Run = "r", Counter = 7, DMilliseconds = 8000, Since = DateTimeOffset.UnixEpoch, Timeline = 1, System = Sketch.System,
    };

    private static ClusterView Seen(params Condition[] conditions) => new([.. Sketch.View(conditions).Nodes.Select(n => n with { Failover = n.Reachable ? new() { Epoch = 3 } : null })]);

    [Fact]
    public void A_record_that_was_ended_for_manual_mode_never_runs_out_and_no_older_version_can_use_it()
    {
        var (holding, attempt) = Holding.GoOn(Record, new(5, null), "r2").EndForManual(TimeSpan.FromSeconds(100));
        Assert.True(attempt.Record is { Manual: true, Returns: false, Released: false, DMilliseconds: 0, Epoch: 3 });
        Assert.False(new RecordSight(attempt.Record, 6, TimeSpan.Zero).HasRunOut(TimeSpan.FromDays(300)));
        Assert.Equal(attempt.Record, PrimaryRecord.Read(attempt.Record.Write()));
        Assert.Null(PrimaryRecord.Read((attempt.Record with { Manual = false }).Write())); // as one reads it that does not know the field
        Assert.Equal(Hold.Renewed, holding.Hear(attempt, new RecordAnswer.Stands(attempt.Record, 6)).Hold); // the answer to the swap was lost
    }

    /// <summary>While etcd cannot be asked a writable server runs on if nobody could have taken its place when its agent looked last.</summary>
    [Fact]
    public void That_a_person_decides_is_remembered_while_etcd_cannot_be_asked()
    {
        RecordAnswer.Stands ended = new(Record with { Manual = true }, 6), taken = new(Record with { Epoch = 4 }, 7);
        var memory = RecordMemory.None.After(new RecordAnswer.Stands(Record, 5), 1);
        Assert.False(memory.Manual);
        memory = memory.After(ended, 1);
        Assert.True(memory.Manual);
        memory = memory.After(taken, 1);
        Assert.False(memory.Manual);
        Assert.False(memory.After(ended, 1).Manual); // an answer that was late
        var facts = Facts(RecordState.Outage, Seen(Condition.PrimaryAlone, Condition.AgentAway)) with { Why = "etcd does not answer", Blind = true };
        Assert.Equal(SuccessionAction.None, SuccessionRules.Judge(facts with { HasSeenOne = false }).Action);
        Assert.Equal(SuccessionAction.Stop, SuccessionRules.Judge(facts with { HasSeenOne = true }).Action);
    }

    [Fact]
    public void While_a_person_decides_no_rule_acts_and_a_writable_server_runs_on()
    {
        foreach (var own in (Condition[])[Condition.PrimaryAlone, Condition.Standby, Condition.StoppedAsPrimary, Condition.StoppedAsStandby, Condition.Recovering])
            foreach (var holder in (string[])["n1", "n2"])
                Assert.Equal(SuccessionAction.None, SuccessionRules.Judge(Facts(RecordState.ByHand, Seen(own, Condition.AgentAway)) with { Stands = Record with { Node = holder, Manual = true } }).Action);
    }

    [Fact]
    public void Back_in_automatic_mode_only_the_primary_takes_the_record_and_only_when_all_agents_keep_their_servers_from_writing()
    {
        var alone = Seen(Condition.PrimaryAlone, Condition.StoppedAsStandby);
        Assert.Equal(SuccessionAction.TakeFirst, SuccessionRules.Judge(Facts(RecordState.Returns, alone)).Action);
        Assert.Equal(SuccessionAction.None, SuccessionRules.Judge(Facts(RecordState.Returns, alone) with { Busy = "a switchover" }).Action);
        Assert.Equal(SuccessionAction.None, SuccessionRules.Judge(Facts(RecordState.Returns, new([alone["n1"], alone["n2"] with { LockedBy = "an operation" }]))).Action);
        Assert.Equal(SuccessionAction.None, SuccessionRules.Judge(Facts(RecordState.Returns, new([alone["n1"], alone["n2"] with { Failover = null }]))).Action); // runs in manual mode
        foreach (var (own, other) in ((Condition, Condition)[])
            [(Condition.PrimaryAlone, Condition.AgentAway), (Condition.PrimaryAlone, Condition.PrimaryAlone), (Condition.Standby, Condition.Primary), (Condition.StoppedAsPrimary, Condition.StoppedAsStandby)])
            Assert.Equal(SuccessionAction.None, SuccessionRules.Judge(Facts(RecordState.Returns, Seen(own, other))).Action);
    }

    [Fact]
    public void Nobody_goes_back_while_an_agent_is_away_or_in_manual_mode_or_an_operation_runs()
    {
        var view = Seen(Condition.Primary, Condition.Standby);
        Assert.Null(ModeRules.RefuseAutomatic(view));
        Assert.Equal(Code.PeerUnreachable, ModeRules.RefuseAutomatic(Seen(Condition.PrimaryAlone, Condition.AgentAway))!.Code);
        Assert.Equal(Code.WrongState, ModeRules.RefuseAutomatic(new([view["n1"], view["n2"] with { Failover = null }]))!.Code);
        Assert.Equal(Code.AnotherWritable, ModeRules.RefuseAutomatic(Seen(Condition.PrimaryAlone, Condition.PrimaryAlone))!.Code);
        var busy = new ClusterView([view["n1"], view["n2"] with { LockedBy = "20300101" }]);
        Assert.Equal((Code.Busy, Code.Busy), (ModeRules.RefuseAutomatic(busy)!.Code, ModeRules.RefuseManual(busy)!.Code));
        Assert.Null(ModeRules.RefuseManual(Seen(Condition.PrimaryAlone, Condition.AgentAway)));
    }

    private static SuccessionFacts Facts(RecordState state, ClusterView view) => new() { Node = "n1", View = view, Record = state, Stands = Record with { Manual = true, Returns = state == RecordState.Returns } };
}
