using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>A node in recovery becomes primary, the old one being down.</summary>
public static class FailoverPlan
{
    private static string OnlyByPromotion(string target) =>
        $"make it readable (is its disk mounted?), or fail over by promotion (POST instance/failover/promote?force=true on {target}), which starts a new timeline";

    /// <summary>The plan.</summary>
    public static Answer<Draft> For(Failover request, Mandate mandate, PlanFacts facts)
    {
        var (view, wal) = facts;
        var target = view[request.Target];
        if (target is { Writable: true, Promoting: false } && target.State != NodeState.Unknown)
            return new Draft(request.Words) { Evidence = [new IsOnlyWritable(target.Node)], Outcomes = [new(target.Node, StartPlan.AsPrimary)] };
        if ((PromisedRules.Refuse(target.Node, view) ?? RefuseStates(request, mandate, target, view)) is { } refusal)
            return refusal;
        if (wal.ProblemOf(target.Node) is { } problem)
            return problem;
        var byRestart = request.Form == FailoverForm.Restart;
        IReadOnlyList<Assurance> assured = byRestart ? [] : mandate.Assure(view.Except(target.Node).Union(WritableRules.Outside(view)));
        var verdict = WritableRules.Judge(target.Node, view, wal, assured);
        if (verdict.Refusal is { } no)
            return byRestart && verdict.Forcible && no.Code == Code.WalNotProven ? no with { Hint = OnlyByPromotion(target.Node) } : no;
        return mandate.Record is null && RefuseRunningAhead(verdict, view, target.Node) is { } ahead ? ahead : Build(request, mandate, facts, verdict);
    }

    /// <summary>
    /// By promotion a running server that misses nothing is promoted as it is; else it stops, gets the WAL, and replays it before it obeys:
    /// a server that never replays the rest does not obey a promotion either.
    /// </summary>
    private static Draft Build(Failover request, Mandate mandate, PlanFacts facts, WritableVerdict verdict)
    {
        var (view, wal) = facts;
        var target = request.Target;
        var promotes = request.Form == FailoverForm.Promote;
        var asItIs = promotes && !view[target].Down && view[target].Sql?.Held is not { ForGood: true } && verdict.Source is null;
        string[] following = [.. StandbyPlan.Waiting(target, view, wal).Select(n => n.Node).Except(mandate.LeftAlone)];
        var demoted = DemotionRules.Others(target, view);
        var accepted = verdict.Answered.Names();
        var sync = SyncRules.For(target, view, following);
        var cut = ReceiverRules.Cut(target, following, mandate, verdict.Answered, view);
        var slots = SlotPlan.For(target, new(Down: !asItIs, Completed: verdict.Source is not null), mandate, facts);
        IReadOnlyList<IReadOnlyList<Step>> before = asItIs ? [] : [.. Stages.Stop(view[target]), .. Completion.Stages(target, verdict.Source, wal)];
        IReadOnlyList<IReadOnlyList<Step>> become = asItIs ? [.. Stages.LevelSlots(slots), [new PromoteServer(target, accepted)]]
            : promotes ? [.. Stages.PlaceSlots(slots), [new StartInRecovery(target)], [new PromoteServer(target, accepted)]]
            : [.. Stages.PlaceSlots(slots), [new StartAsPrimary(target, accepted)]];
        return new(request.Words)
        {
            Stages =
            [
                .. Stages.CopySlots(slots),
                .. DemotionRules.Stage(demoted, mandate),
                .. sync.Stage,
                .. Stages.Point(cut, target),
                .. before,
                .. become,
                .. Stages.Point(following, target),
            ],
            Evidence =
            [
                .. verdict.Evidence, .. sync.Evidence, .. StandbySlotsRules.Evidence(target, view, following),
                .. promotes ? ArchiveRules.Named(view[target]) : [],
                .. BringRules.Evidence(following, target, wal, promotes),
            ],
            Overrides = verdict.Overrides,
            Answered = verdict.Answered,
            Slots = slots,
            Outcomes = StartPlan.WithFollowers(target, following, wal, promotes),
            Undo = DemotionRules.Undo(target, demoted, before.Count > 0 || (promotes && !asItIs) ? new StartNode(target) : null, ReceiverRules.Upstream(cut, view)),
        };
    }

    private static Refusal? RefuseStates(Failover request, Mandate mandate, NodeObservation target, ClusterView view)
    {
        if (view.Except(target.Node).FirstOrDefault(n => n.Writable && (mandate.Record is null || n.Promoting || n.Sql is { InRecovery: false })) is { } writable)
            return new(Code.AnotherWritable, $"{writable.Node} is writable",
                writable.Serves
                    ? $"a failover is for a primary that is down: to exchange the roles of running nodes POST instance/switchover/masterSlave?to={target.Node} on {writable.Node}"
                    : $"a failover needs the old primary down: DELETE instance/current on {writable.Node}");
        if (target is { State: NodeState.Unknown, Ending: false })
            return StartPlan.Unknown(target);
        if (!target.InRecovery && !target.Promoting && !(mandate.Resumed && target.Down)) // one that was told already is told again
            return new(Code.NotInRecovery, $"{target.Node} is not in recovery: it is stopped",
                $"start it first (POST instance/current on {target.Node}), or start it as primary (POST instance/master on {target.Node})");
        return request.Form == FailoverForm.Restart ? RefuseUnknown(target.Node, view) : null;
    }

    /// <summary>Keeping the timeline needs proof that the old primary's complete WAL is here; force cannot replace it.</summary>
    private static Refusal? RefuseUnknown(string target, ClusterView view) =>
        view.Except(target).FirstOrDefault(n => n.MayBeWritable) is not { } unknown ? null : new(Code.AnotherWritable,
            $"{unknown.Node} is unknown ({unknown.Problem ?? "it does not answer"}): its WAL cannot be compared",
            $"bring its agent back, or fail over by promotion (POST instance/failover/promote?force=true on {target}), which starts a new timeline");

    /// <summary>A running standby that is further ahead is the better target.</summary>
    private static Refusal? RefuseRunningAhead(WritableVerdict verdict, ClusterView view, string target) =>
        verdict.Source is { } source && view[source].InRecovery
            ? new(Code.WalNotProven, $"the standby {source} holds WAL that {target} misses", $"fail over to it instead: ?to={source}")
            : null;
}
