using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>What is done about an operation that stopped half way, over every combination of what it had done and what the nodes are now.</summary>
[Trait("Category", "Fast")]
public class HaltRulesTests
{
    private static readonly bool[] Both = [false, true];
    private static readonly ChangeRequest Goal = new Switchover("n1", StopOrder.PrimaryFirst, "n2");
    private static readonly ChangeRequest Back = new StartAll("n1");

    private sealed record Case(Halt Halt, ClusterView View, TimeSpan Waited, Course Live, Course Lost);

    /// <summary>How the agent of n2 was found, and what its last step says.</summary>
    private enum Trace { Nothing, AsFound, ByTheOperation, Running, ByAnother }

    private static IEnumerable<Case> All()
    {
        foreach (var cause in Enum.GetValues<HaltCause>())
            foreach (var goal in new[] { Goal, new StopAll("n1", StopOrder.PrimaryFirst), null })
                foreach (var undo in new[] { Back, null })
                    foreach (var flags in Flags(5))
                        foreach (var condition in Enum.GetValues<Condition>())
                            foreach (var trace in Enum.GetValues<Trace>())
                                foreach (var (age, waited) in new[] { (1.0, 0.0), (11.0, 2.0) })
                                    yield return Make(cause, goal, undo, flags, condition, trace, TimeSpan.FromMinutes(age), TimeSpan.FromMinutes(waited));
    }

    private static IEnumerable<bool[]> Flags(int count) =>
        count == 0 ? [[]] : Flags(count - 1).SelectMany(rest => Both.Select(b => (bool[])[b, .. rest]));

    private static Case Make(HaltCause cause, ChangeRequest? goal, ChangeRequest? undo, bool[] flags, Condition condition, Trace trace, TimeSpan age, TimeSpan waited)
    {
        var view = new ClusterView([Sketch.Node("n1", Condition.StoppedAsPrimary), Traced(Sketch.Node("n2", condition), trace)]);
        var halt = new Halt(cause, "op")
        {
            Continuation = goal,
            Undo = undo,
            Reach = !flags[0] ? Reach.Untouched : flags[1] ? Reach.MayBeWritable : Reach.Reversible,
            ConnectionLost = flags[2],
            Undoing = flags[3],
            Acting = ["n1", "n2"],
            Found = view.Nodes.ToDictionary(n => n.Node, n => new FoundNode("boot", HaltRules.Standing(n), flags[4], "before")),
            Age = age,
        };
        return new(halt, view, waited, HaltRules.WhileLive(halt, view), HaltRules.AfterLoss(halt, view, waited));
    }

    private static NodeObservation Traced(NodeObservation node, Trace trace) => !node.Reachable ? node : node with
    {
        LastStep = trace switch
        {
            Trace.Nothing => null,
            Trace.AsFound => new("before", false),
            Trace.ByTheOperation => new("op", false, "stop n2"),
            Trace.Running => new("op", true, "stop n2"),
            _ => new("another", false),
        },
    };

    private static readonly Case[] Cases = [.. All()];

    /// <summary>The writer is known, and it is none of the two that are there.</summary>
    [Theory]
    [InlineData("standby", 0.2, true)]
    [InlineData("standby", 2.0, false)] // nobody knows any more what has become of it
    [InlineData("primary", 0.2, false)]
    public void A_third_standby_that_is_lost_during_a_switchover_does_not_keep_the_others_without_a_primary(string found, double minutes, bool letGo)
    {
        var view = Sketch.View(Condition.StoppedAsPrimary, Condition.Recovering, Condition.AgentAway);
        var halt = new Halt(HaltCause.StepFailed, "op")
        {
            Continuation = Goal,
            Undo = Back,
            Reach = Reach.Reversible,
            Acting = ["n1", "n2", "n3"],
            Found = view.Nodes.ToDictionary(n => n.Node, n => new FoundNode("boot", n.Node == "n3" ? found : HaltRules.Standing(n), Answered: false)),
            Age = TimeSpan.FromMinutes(minutes),
        };
        var course = HaltRules.AfterLoss(halt, view, TimeSpan.Zero);
        Assert.Equal(letGo, course is Try);
        Assert.All(Ways(course), way => Assert.Equal(["n3"], way.Asked.Mandate.Answered));
    }

    /// <summary>The journal says that the target was about to become writable: whether it did, it says itself.</summary>
    [Theory]
    [InlineData(Condition.Standby, true)]
    [InlineData(Condition.Recovering, true)]
    [InlineData(Condition.StoppedAsStandby, true)]
    [InlineData(Condition.PrimaryAlone, false)]
    [InlineData(Condition.Primary, false)]
    [InlineData(Condition.Crashed, false)]
    [InlineData(Condition.StoppedAsPrimary, false)]
    [InlineData(Condition.StoppedDemoted, false)]
    [InlineData(Condition.Frozen, false)]
    [InlineData(Condition.FrozenStandby, false)]
    [InlineData(Condition.Empty, false)]
    public void What_was_about_to_become_writable_is_undone_only_where_it_proves_that_it_never_was(Condition target, bool never)
    {
        var view = Sketch.View(Condition.StoppedAsPrimary, target);
        var halt = new Halt(HaltCause.Interrupted, "op") { Continuation = Goal, Undo = Back, Reach = Reach.Reversible, Imminent = "n2", Acting = ["n1", "n2"], Age = TimeSpan.FromSeconds(1) };
        Assert.Equal(never, Ways(HaltRules.AfterLoss(halt, view, HaltRules.SettlesWithin)).Any(w => w.Undoes));
        Assert.True(Ways(HaltRules.AfterLoss(halt, view, HaltRules.SettlesWithin)).First() is { Undoes: false });
        Assert.Contains(Ways(HaltRules.AfterLoss(halt with { Imminent = null }, view, HaltRules.SettlesWithin)), w => w.Undoes);
    }

    [Fact]
    public void One_that_was_told_to_promote_counts_as_writable()
    {
        var view = new ClusterView([Sketch.Node("n1", Condition.StoppedAsPrimary), Sketch.Node("n2", Condition.Recovering) with { Promoting = true }]);
        var halt = new Halt(HaltCause.Interrupted, "op") { Continuation = Goal, Undo = Back, Reach = Reach.Reversible, Imminent = "n2", Acting = ["n1", "n2"], Age = TimeSpan.FromSeconds(1) };
        Assert.DoesNotContain(Ways(HaltRules.AfterLoss(halt, view, HaltRules.SettlesWithin)), w => w.Undoes);
    }

    private static IEnumerable<Way> Ways(Course course) => course is Try attempt ? attempt.Ways : [];

    [Fact]
    public void There_are_courses_of_every_kind()
    {
        Assert.True(Cases.Length > 20_000, $"{Cases.Length} cases");
        foreach (var kind in new[] { typeof(Await), typeof(Leave), typeof(Try) })
            Assert.Contains(Cases, c => c.Lost.GetType() == kind);
        foreach (var kind in new[] { typeof(TakeUp), typeof(Leave), typeof(Try) })
            Assert.Contains(Cases, c => c.Live.GetType() == kind);
    }

    [Fact]
    public void Nothing_is_undone_after_a_final_step_unless_the_undoing_was_under_way()
    {
        foreach (var c in Cases.Where(c => c.Halt is { Reach: Reach.MayBeWritable }))
        {
            Assert.Empty(Ways(c.Live));
            Assert.DoesNotContain(Ways(c.Lost), w => !c.Halt.Undoing && w.Asked.Request is StartAll);
        }
    }

    [Fact]
    public void What_was_being_undone_is_not_begun_again()
    {
        foreach (var c in Cases.Where(c => c.Halt is { Undoing: true, Undo: not null }))
            Assert.DoesNotContain(Ways(c.Lost), w => w.Asked.Request is Switchover);
    }

    [Fact]
    public void After_another_operation_a_stale_goal_is_only_reported()
    {
        foreach (var c in Cases.Where(c => c.View["n2"].LastStep?.Operation == "another"))
            Assert.Contains("another", Assert.IsType<Leave>(c.Lost).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_has_to_act_is_waited_for()
    {
        foreach (var c in Cases.Where(c => !c.View["n2"].Reachable && !IsLate(c)))
            Assert.IsType<Await>(c.Lost);
    }

    [Fact]
    public void A_step_that_still_runs_is_waited_for()
    {
        foreach (var c in Cases.Where(c => c.View["n2"].LastStep is { Running: true } && c.Waited < HaltRules.SettlesWithin && !IsLate(c)))
            Assert.IsType<Await>(c.Lost);
    }

    [Fact]
    public void An_old_operation_that_had_changed_nothing_is_not_begun_and_an_old_stop_not_finished()
    {
        foreach (var c in Cases.Where(IsLate))
            Assert.IsType<Leave>(c.Lost);
    }

    private static bool IsLate(Case c) => c.Halt.Age > HaltRules.TooOld && (c.Halt.Reach == Reach.Untouched || c.Halt.Continuation?.Request is StopAll);

    [Fact]
    public void Force_is_never_used_again_and_names_only_nodes_that_are_what_they_were()
    {
        foreach (var way in Cases.SelectMany(c => Ways(c.Lost).Concat(Ways(c.Live)).Select(w => (c, w))))
        {
            Assert.False(way.w.Asked.Mandate.Force);
            Assert.True(way.w.Asked.Mandate.Answered.Count == 0 || way.c.Halt.Found["n1"].Answered);
        }
        var halt = Cases.First(c => c.Halt is { Reach: not Reach.Untouched, Cause: HaltCause.Interrupted, Continuation.Request: Switchover, Undoing: false } && c.Halt.Found["n2"].Answered).Halt;
        var found = halt with { Acting = ["n1"], Found = new Dictionary<string, FoundNode> { ["n2"] = new("", "unreachable", Answered: true) } };
        var still = HaltRules.AfterLoss(found, Sketch.View(Condition.StoppedAsStandby, Condition.AgentAway), TimeSpan.Zero);
        Assert.All(Ways(still), w => Assert.Equal(["n2"], w.Asked.Mandate.Answered));
        var other = HaltRules.AfterLoss(found, Sketch.View(Condition.StoppedAsStandby, Condition.Frozen), TimeSpan.Zero);
        Assert.NotEmpty(Ways(other));
        Assert.All(Ways(other), w => Assert.Empty(w.Asked.Mandate.Answered));
    }

    [Fact]
    public void A_failed_step_is_undone_at_once_and_a_lost_agent_is_waited_for_without_locks()
    {
        foreach (var c in Cases.Where(c => c.Halt is { Cause: HaltCause.StepFailed, Reach: not Reach.Untouched }))
            Assert.Equal(c.Halt.ConnectionLost || !c.View["n2"].Reachable || c.View["n2"].BootId != "boot", c.Live is TakeUp);
    }

    [Fact]
    public void A_stop_that_fails_leaves_stopped_what_is_and_one_that_is_abandoned_starts_it_again()
    {
        foreach (var c in Cases.Where(c => c.Halt is { Continuation.Request: StopAll, Reach: Reach.Reversible, Undo: not null, Undoing: false }))
        {
            Assert.Equal(c.Halt.Cause != HaltCause.StepFailed, c.Live is Try);
            Assert.DoesNotContain(Ways(c.Lost), w => w.Undoes);
        }
    }

    [Fact]
    public void Where_nothing_was_changed_a_live_operation_just_ends()
    {
        foreach (var c in Cases.Where(c => c.Halt.Reach == Reach.Untouched))
            Assert.True(c.Live is Leave { NothingToUndo: true });
    }
}
