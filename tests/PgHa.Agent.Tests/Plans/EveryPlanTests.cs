using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Every request, in every combination of two or three nodes and of their WAL, with and without force: what must never be planned.</summary>
public class EveryPlanTests
{
    private static readonly Condition[] Conditions = Enum.GetValues<Condition>();
    /// <summary>The called node's own agent is never away.</summary>
    private static readonly Condition[] Local = [.. Conditions.Where(c => c != Condition.AgentAway)];

    private static readonly WalKinship[] Kinships = Enum.GetValues<WalKinship>();

    private static IEnumerable<ChangeRequest> Requests(string called, string other) =>
    [
        new StartNode(called), new StartPrimary(called), new StartStandby(called), new StartAll(called),
        new Failover(called, FailoverForm.Restart), new Failover(called, FailoverForm.Promote), new Failover(called, FailoverForm.Promote, other),
        new StartStandby(called, RejoinForm.Rewind), new StartStandby(called, RejoinForm.Reclone),
        new Switchover(called, StopOrder.PrimaryFirst) { By = SwitchoverForm.Promote }, new Switchover(called, StopOrder.PrimaryFirst), new Switchover(called, StopOrder.StandbysFirst, other),
        new StopNode(called), new StopPrimary(called), new StopStandbys(called),
        new StopAll(called, StopOrder.PrimaryFirst), new StopAll(called, StopOrder.StandbysFirst),
        new RestartForSlots(called), new InitData(called), new CloneData(called), new CloneData(called, other),
        new RestartNode(called), new Reload(called), new Reload(called, All: true),
    ];

    private sealed record Case(ChangeRequest Request, Mandate Mandate, ClusterView View, WalView Wal, Decision Decision)
    {
        public override string ToString() =>
            $"{Request} {Mandate} in {string.Join(", ", View.Nodes.Select(n => $"{n.Node}={n.State}/{n.Control?.State}"))}, WAL "
            + $"{string.Join(", ", Wal.Ancestry.Values.Select(a => $"{a.Node} {a.Kinship}"))}: {Decision}";
    }

    /// <summary>Decided once, for all tests.</summary>
    private static readonly Lazy<Case[]> Known = new(() => [.. Enumerate()]);

    private static Case[] All() => Known.Value;

    private static IEnumerable<Case> Enumerate()
    {
        foreach (var one in Local)
            foreach (var two in Conditions)
                foreach (var kin in Kinships)
                    foreach (var c in Decided(Sketch.View(one, two), kin, kin))
                        yield return c;
        foreach (var one in Local.Where(c => c < Condition.Demoted))
            foreach (var two in Conditions.Where(c => c < Condition.Demoted))
                foreach (var three in Conditions.Where(c => c < Condition.Demoted))
                    foreach (var (kin2, kin3) in new[] { (WalKinship.Identical, WalKinship.Behind), (WalKinship.Ahead, WalKinship.Identical), (WalKinship.Behind, WalKinship.Forked) })
                        foreach (var c in Decided(Sketch.View(one, two, three), kin2, kin3))
                            yield return c;
    }

    private static IEnumerable<Case> Decided(ClusterView view, WalKinship odd, WalKinship even)
    {
        foreach (var request in Requests("n1", "n2"))
            foreach (var (force, resumed) in new[] { (false, false), (true, false), (false, true) })
            {
                var asked = request.Under(new() { Force = force, Resumed = resumed });
                var wal = Sketch.Wal(view, Planner.Focus(asked, view), name => name == "n3" ? even : odd);
                yield return new(request, asked.Mandate, view, wal, Sketch.Decide(asked, view, wal));
            }
    }

    /// <summary>The words are made only where they are needed: of so many cases they take more time than all else.</summary>
    private static void Holds(bool rule, Case c)
    {
        if (!rule) Assert.Fail(c.ToString());
    }

    private static IEnumerable<(Case Case, Plan Plan)> Plans() =>
        All().Where(c => c.Decision is Plan).Select(c => (c, (Plan)c.Decision));

    private static IEnumerable<(Step Step, HashSet<string> StoppedBefore)> InOrder(Plan plan)
    {
        var stopped = new HashSet<string>();
        foreach (var stage in plan.Stages)
        {
            foreach (var step in stage)
                yield return (step, [.. stopped]);
            foreach (var step in stage)
                _ = step is StopServer or HandOver ? stopped.Add(step.Node) : stopped.Remove(step.Node);
        }
    }

    private static bool MakesWritable(Step step) => step is StartAsPrimary or PromoteServer or TakeOver;

    [Fact]
    public void There_are_plans_and_refusals_of_every_kind()
    {
        var all = All().ToArray();
        Assert.True(all.Length > 100_000, $"{all.Length} cases");
        Assert.All(Requests("n1", "n2").Select(r => r.GetType()).Distinct(), type =>
        {
            Assert.Contains(all, c => c.Request.GetType() == type && c.Decision is Plan { Stages.Count: > 0 });
            Assert.Contains(all, c => c.Request.GetType() == type && c.Decision is Plan { Stages.Count: 0 } or Refused);
        });
    }

    [Fact]
    public void No_node_becomes_writable_while_another_is()
    {
        foreach (var (c, plan) in Plans())
            foreach (var (step, stopped) in InOrder(plan).Where(s => MakesWritable(s.Step)))
                Holds(!c.View.Except(step.Node).Any(n => n.Writable && !stopped.Contains(n.Node)), c);
    }

    /// <summary>Whoever starts one of them while another is writable, or on its way, gets a server in recovery.</summary>
    [Fact]
    public void Every_node_that_a_start_would_make_a_second_primary_is_demoted_before()
    {
        foreach (var (c, plan) in Plans())
        {
            var steps = plan.Stages.SelectMany(s => s).ToList();
            foreach (var step in steps.Where(MakesWritable))
                foreach (var other in c.View.Except(step.Node).Where(n => n is { Reachable: true, DataProblem: null, StandbySignal: false }))
                {
                    var stop = steps.FindIndex(s => s.Node == other.Node && s is StopServer or HandOver);
                    if (other.Down || stop >= 0)
                        Assert.True(steps.FindIndex(s => s is Demote && s.Node == other.Node) is var demoted and >= 0
                            && demoted < steps.IndexOf(step) && (stop < 0 || demoted < stop), c.ToString());
                }
        }
    }

    [Fact]
    public void Whoever_is_demoted_is_reinstated_by_the_undo()
    {
        foreach (var (c, plan) in Plans())
            foreach (var step in plan.Stages.SelectMany(s => s).OfType<Demote>())
                Holds(plan.Undo?.Request is UndoDemotion undo ? undo.Demoted.Contains(step.Node) : plan.Undo?.Request is StartAll, c);
    }

    [Fact]
    public void No_server_that_somebody_else_owns_is_stopped_without_force()
    {
        foreach (var (c, plan) in Plans().Where(p => !p.Case.Mandate.Resumed))
            foreach (var step in plan.Stages.SelectMany(s => s).Where(s => s is StopServer or HandOver && c.View[s.Node].ServerOwner is not null))
                Holds(c.Mandate.Force && plan.Overrides.Any(o => o.Contains($"the server of {step.Node} belongs to the process bash (pid 4711)", StringComparison.Ordinal)), c);
    }

    /// <summary>Nobody sees that the old primary is down: it may still send WAL to those that stream from it.</summary>
    [Fact]
    public void Where_somebody_answers_for_a_node_no_standby_receives_from_it_when_another_becomes_writable()
    {
        var found = 0;
        foreach (var (c, plan) in Plans().Where(p => p.Case is { Mandate: { IsUndo: false, BringsBack: false }, Request: Failover or StartPrimary or StartNode or StartAll } && p.Plan.Answered.Count > 0))
        {
            var steps = plan.Stages.SelectMany(s => s).ToList();
            foreach (var step in steps.Where(MakesWritable))
                foreach (var standby in steps.OfType<Follow>().Select(f => f.Node).Distinct())
                {
                    found++;
                    Holds(steps.FindIndex(s => s is Follow && s.Node == standby) < steps.IndexOf(step), c);
                }
        }
        Assert.True(found > 0);
    }

    [Fact]
    public void No_plan_makes_two_nodes_writable()
    {
        foreach (var (c, plan) in Plans())
            Holds(plan.Stages.SelectMany(s => s).Count(MakesWritable) <= 1, c);
    }

    [Fact]
    public void Without_force_no_node_becomes_writable_while_another_may_be_unless_the_writer_is_known_and_stopped()
    {
        foreach (var (c, plan) in Plans().Where(p => !p.Case.Mandate.Force && p.Case.Request is not Switchover))
            foreach (var (step, _) in InOrder(plan).Where(s => MakesWritable(s.Step)))
                Holds(!c.View.Except(step.Node).Any(n => n.MayBeWritable), c);
    }

    /// <summary>Such a node may hold the last primary's WAL. A switchover knows the writer and names the node; a new cluster is only being made.</summary>
    [Fact]
    public void Without_force_no_node_becomes_writable_while_anothers_data_cannot_be_read()
    {
        foreach (var (c, plan) in Plans().Where(p => !p.Case.Mandate.Force))
            foreach (var step in plan.Stages.SelectMany(s => s).Where(MakesWritable))
                foreach (var unread in Unread(c.View, step.Node))
                    Assert.True(c.Request switch
                    {
                        InitData => unread.Place is not null,
                        Switchover => c.View.Primary is { } writer && writer.Node != step.Node && Accepted(step).Contains(unread.Node),
                        _ => false,
                    }, c.ToString());
    }

    [Fact]
    public void Whose_data_cannot_be_read_is_answered_for_by_name_wherever_a_node_becomes_writable()
    {
        var seen = 0;
        foreach (var (c, plan) in Plans())
            foreach (var step in plan.Stages.SelectMany(s => s).Where(MakesWritable))
                foreach (var unread in Unread(c.View, step.Node))
                {
                    seen++;
                    Holds(Accepted(step).Contains(unread.Node) && plan.Answered.AnswerFor(unread.Node), c);
                    Holds(c.Request is InitData || plan.Overrides.Any(o => o.Contains(unread.Node, StringComparison.Ordinal)), c);
                }
        Assert.True(seen > 1000, $"{seen} seen");
    }

    private static IEnumerable<PgHa.Client.Facts.NodeObservation> Unread(ClusterView view, string candidate) =>
        view.Except(candidate).Where(n => n is { DataProblem: not null, RewindUnfinished: false });

    private static IReadOnlyList<string> Accepted(Step step) => step switch
    {
        StartAsPrimary s => s.Accepted,
        PromoteServer s => s.Accepted,
        TakeOver s => s.Accepted,
        _ => [],
    };

    [Fact]
    public void A_failover_by_restart_is_never_forced()
    {
        foreach (var (c, plan) in Plans().Where(p => p.Case.Request is Failover { Form: FailoverForm.Restart }))
        {
            Assert.All(plan.Overrides, o => Assert.Contains("belongs to the process", o, StringComparison.Ordinal)); // no proof is overridden
            Holds(plan.Stages.Count == 0 || !c.View.Except("n1").Any(n => n.MayBeWritable), c);
        }
    }

    [Fact]
    public void What_force_answers_for_is_always_named()
    {
        foreach (var (c, plan) in Plans())
            foreach (var step in plan.Stages.SelectMany(s => s))
                foreach (var accepted in step is StartAsPrimary p ? p.Accepted : step is PromoteServer q ? q.Accepted : [])
                    Assert.True(plan.Overrides.Any(o => o.Contains(accepted, StringComparison.Ordinal))
                        || plan.Evidence.Any(e => e.Words.Contains(accepted, StringComparison.Ordinal)), c.ToString());
    }

    [Fact]
    public void A_node_that_is_behind_is_completed_before_it_becomes_writable()
    {
        foreach (var (c, plan) in Plans().Where(p => !p.Case.Mandate.Force && p.Case.Request is not Switchover))
            foreach (var step in plan.Stages.SelectMany(s => s).Where(MakesWritable))
                if (c.Wal.Ancestry.Values.Any(a => a.Kinship == WalKinship.Ahead && !(c.Request is RestartNode && c.View[a.Node].State == PgHa.Client.Facts.NodeState.Standby))) // seen later than its primary
                    Holds(plan.Stages.SelectMany(s => s).OfType<CompleteWal>().Any(s => s.Node == step.Node), c);
    }

    [Fact]
    public void A_node_that_is_ahead_or_forked_never_follows()
    {
        foreach (var (c, plan) in Plans().Where(p => p.Case.Request is StartStandby or StartNode or StartAll))
            foreach (var step in plan.Stages.SelectMany(s => s).Where(s => s is StartAsStandby or Follow))
                Assert.True(
                    c.Wal.Of(step.Node).Kinship is WalKinship.Identical or WalKinship.Behind
                    || plan.Stages.SelectMany(s => s).OfType<CompleteWal>().Any(s => s.Source == step.Node)
                    || plan.Stages.SelectMany(s => s).Any(s => GivesUp(s) && s.Node == step.Node),
                    c.ToString());
    }

    private static bool GivesUp(Step step) => step is RewindServer or RecloneServer;

    [Fact]
    public void Only_a_rejoin_gives_WAL_up_and_salvages_it_first()
    {
        foreach (var (c, plan) in Plans())
        {
            var steps = plan.Stages.SelectMany(s => s).ToList();
            foreach (var step in steps.Where(GivesUp))
            {
                Holds(c.Request is StartStandby { Rejoin: not null }, c);
                Holds(c.Wal.Of(step.Node).Kinship is not (WalKinship.Identical or WalKinship.Behind), c);
                Assert.True(c.View[step.Node].RewindUnfinished // it was salvaged before that rewind
                    || (steps.FindIndex(s => s is SalvageWal && s.Node == step.Node) is var salvage and >= 0 && salvage < steps.IndexOf(step)), c.ToString());
            }
        }
    }

    [Fact]
    public void A_proven_divergence_is_never_overridden()
    {
        foreach (var (c, plan) in Plans().Where(p => p.Case.Request is not Switchover))
            foreach (var step in plan.Stages.SelectMany(s => s).Where(MakesWritable))
                Assert.DoesNotContain(c.Wal.Ancestry.Values, a => a.Kinship == WalKinship.Forked);
    }

    [Fact]
    public void Unreachable_agents_are_never_asked_to_act()
    {
        foreach (var (c, plan) in Plans())
            Holds(plan.Stages.SelectMany(s => s).All(s => c.View[s.Node].Reachable), c);
    }

    [Fact]
    public void Only_an_empty_data_directory_is_ever_filled()
    {
        foreach (var (c, plan) in Plans())
            foreach (var step in plan.Stages.SelectMany(s => s).Where(s => s is CreateCluster or CloneFrom))
                Holds(c.View[step.Node].Place is not null && c.Request is InitData or CloneData, c);
    }

    [Fact]
    public void A_new_cluster_is_only_made_where_no_reachable_node_holds_data()
    {
        foreach (var (c, _) in Plans().Where(p => p.Plan.Stages.SelectMany(s => s).Any(s => s is CreateCluster)))
            Holds(c.View.Nodes.All(n => n.Place is not null || (!n.Reachable && c.Mandate.Force)), c);
    }

    [Fact]
    public void Every_node_that_is_started_is_asked_for_its_next_start()
    {
        foreach (var (c, plan) in Plans().Where(p => p.Case.Request is not (CloneData or InitData))) // nothing is there yet that could be judged
        {
            var asked = NextStartRules.Asked(plan.Stages, plan.Undo, c.View);
            foreach (var step in plan.Stages.SelectMany(s => s).Where(s => s is StartAsPrimary or StartInRecovery or StartAsStandby or ReplayWal))
                Holds(asked.Contains(step.Node) || c.View[step.Node].DataProblem is not null, c);
        }
    }

    [Fact]
    public void Undoing_waits_for_no_check_before_the_old_primary_serves()
    {
        var view = Sketch.View(Condition.StoppedAsPrimary, Condition.StoppedAsStandby);
        var undo = new StartAll("n1").Under(new() { IsUndo = true });
        var plan = Assert.IsType<Plan>(Sketch.Decide(undo, view, Sketch.Wal(view, "n1", _ => WalKinship.Behind)));
        Assert.IsType<StartAsPrimary>(Assert.Single(plan.Stages[0]));
    }

    [Fact]
    public void Every_refusal_says_what_and_what_to_do()
    {
        foreach (var c in All().Where(c => c.Decision is Refused))
        {
            var why = ((Refused)c.Decision).Why;
            Holds(!string.IsNullOrWhiteSpace(why.Message) && !string.IsNullOrWhiteSpace(why.Hint), c);
        }
    }

    [Fact]
    public void Every_step_can_be_read_back_from_its_call()
    {
        foreach (var step in Plans().SelectMany(p => p.Plan.Stages.SelectMany(s => s)).DistinctBy(s => s.Node + s.Path))
        {
            var uri = new Uri("http://x/" + step.Path);
            var query = uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1]);
            var back = StepPath.Parse(step.Node, uri.AbsolutePath.TrimStart('/'), name => query.GetValueOrDefault(name));
            Assert.Equal(step.Path, back?.Path);
            Assert.Equal(step.GetType(), back?.GetType());
        }
    }
}
