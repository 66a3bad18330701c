using PgHa.Agent.Cluster;
using PgHa.Agent.Succession;
using PgHa.Agent.Tests.Plans;

namespace PgHa.Agent.Tests.Succession;

/// <summary>An old primary whose agent and guard are dead, and whose server is not.</summary>
[Trait("Category", "Fast")]
public class OldPrimaryRulesTests
{
    private static readonly StopAttempt Succeeded = new(false, true, null, false);
    private static readonly StopAttempt Failed = new(false, false, "it ended with 1", false);

    [Fact]
    public void Its_silence_is_no_proof_once_it_was_seen_to_accept_writes()
    {
        foreach (var before in Enum.GetValues<OldPrimary>())
            foreach (var sign in Enum.GetValues<ServerSign>())
                foreach (var attempt in new[] { null, Succeeded, Failed, new StopAttempt(true, false, null, false) })
                {
                    var after = OldPrimaryRules.After(before, sign, attempt);
                    if (sign == ServerSign.AcceptsWrites)
                        Assert.Equal(OldPrimary.Serves, after);
                    else if (after is OldPrimary.Fenced)
                        Assert.True(before == OldPrimary.Fenced || sign is ServerSign.Refused or ServerSign.InRecovery, $"{before} {sign} {attempt}");
                    else if (after is OldPrimary.Stopped)
                        Assert.True(sign == ServerSign.Silent && (attempt is { Succeeded: true } || before == OldPrimary.Stopped), $"{before} {sign} {attempt}");
                    else
                        Assert.Equal(OldPrimary.Lost, after);
                }
    }

    [Fact]
    public void Without_a_program_nobody_is_promoted_beside_it()
    {
        Assert.Equal((14, SuccessionAction.None), Verdict(f => f with { OldPrimaryServes = true }));
        Assert.Equal((14, SuccessionAction.None), Verdict(f => f with { OldPrimaryLost = true }));
        Assert.Equal((16, SuccessionAction.FailOver), Verdict(f => f));
    }

    [Fact]
    public void The_program_is_run_by_the_best_node_waited_for_and_run_again_after_a_while()
    {
        var stop = (SuccessionFacts f) => f with { OldPrimaryServes = true, StopCommand = "/stop" };
        Assert.Equal((14, SuccessionAction.StopHolder), Verdict(stop));
        Assert.Equal((14, SuccessionAction.StopHolder), Verdict(f => f with { OldPrimaryLost = true, StopCommand = "/stop" }));
        Assert.Equal((14, SuccessionAction.None), Verdict(f => stop(f) with { Stopping = new(true, false, null, false) }));
        Assert.Equal((14, SuccessionAction.None), Verdict(f => stop(f) with { Stopping = Failed }));
        Assert.Equal((14, SuccessionAction.None), Verdict(f => stop(f) with { Stopping = Succeeded })); // it says so, and the server is still seen
        Assert.Equal((14, SuccessionAction.StopHolder), Verdict(f => stop(f) with { Stopping = Failed with { Again = true } }));
        Assert.Equal((14, SuccessionAction.None), Verdict(f => stop(f) with { Wal = Sketch.Wal(f.View, "n1", _ => WalKinship.Ahead) })); // n2 is the better one
        Assert.Equal((14, SuccessionAction.None), Verdict(f => stop(f) with { Wal = null }));
    }

    private static (int Row, SuccessionAction Action) Verdict(Func<SuccessionFacts, SuccessionFacts> with)
    {
        var view = new ClusterView([.. Sketch.View(Condition.Standby, Condition.Standby, Condition.AgentAway).Nodes.Select(n => n with { Failover = n.Reachable ? new() { Epoch = 3 } : null })]);
        var verdict = SuccessionRules.Judge(with(new()
        {
            Node = "n1",
            View = view,
            Record = RecordState.RanOut,
            Stands = new() { Node = "n3", Epoch = 3, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 8000, Since = DateTimeOffset.UnixEpoch, Timeline = 1 },
            Wal = Sketch.Wal(view, "n1", node => node == "n3" ? WalKinship.NotProvable : WalKinship.Identical),
        }));
        return (verdict.Row, verdict.Action);
    }
}
