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
    public static Decision For(Failover request, ClusterView view, WalView wal)
    {
        var target = view[request.Target];
        if (target is { Writable: true, Promoting: false } && target.State != NodeState.Unknown)
            return new Plan(request.Words) { Evidence = [$"{target.Node} is writable and no other node is"], Outcomes = [new(target.Node, StartPlan.AsPrimary)] };
        if (RefuseStates(request, target, view) is { } refusal)
            return new Refused(refusal);
        if (wal.ProblemOf(target.Node) is { } problem)
            return new Refused(problem);
        var byRestart = request.Form == FailoverForm.Restart;
        var verdict = WritableRules.Judge(target.Node, view, wal, byRestart ? [] : StartPlan.Accepted(request, view.Except(target.Node).Union(WritableRules.Outside(view))));
        if (verdict.Refusal is { } no)
            return new Refused(byRestart && verdict.Forcible && no.Code == Code.WalNotProven ? no with { Hint = OnlyByPromotion(target.Node) } : no);
        return RefuseRunningAhead(verdict, view, target.Node) ?? Build(request, view, wal, verdict);
    }

    private static Plan Build(Failover request, ClusterView view, WalView wal, WritableVerdict verdict)
    {
        var target = request.Target;
        var others = StandbyPlan.Waiting(target, view, wal).ToArray();
        IReadOnlyList<Step> follow = [.. others.Select(n => new Follow(n.Node, target))];
        var stopped = view[target].Down;
        var asItIs = !stopped && view[target].Sql?.Held is not { ForGood: true }; // a server that never replays the rest does not obey a promotion either
        var stages = request.Form == FailoverForm.Restart
            ? Restart(target, stopped, verdict, wal)
            : Promote(target, stopped, asItIs, verdict, wal);
        string[] following = [.. others.Select(n => n.Node)];
        var demoted = DemotionRules.Others(target, view);
        var sync = SyncRules.For(target, view, following);
        return new Plan(request.Words)
        {
            Stages = [.. DemotionRules.Stage(demoted, request), .. sync.Stage, .. stages, .. follow.Count == 0 ? Array.Empty<IReadOnlyList<Step>>() : [follow]],
            Evidence =
            [
                .. verdict.Evidence, .. sync.Evidence, .. StandbySlotsRules.Evidence(target, view, following),
                .. request.Form == FailoverForm.Promote ? ArchiveRules.Named(view[target]) : [],
                .. BringRules.Evidence(following, target, wal, request.Form == FailoverForm.Promote),
            ],
            Overrides = verdict.Overrides,
            Answered = verdict.Answered,
            Outcomes = StartPlan.WithFollowers(target, following, wal, request.Form == FailoverForm.Promote),
            Undo = DemotionRules.Undo(target, demoted, stages.Count > 1 ? new StartNode(target) : null),
        };
    }

    private static IReadOnlyList<IReadOnlyList<Step>> Restart(string target, bool stopped, WritableVerdict verdict, WalView wal) =>
        [.. Stop(target, stopped), .. Completion.Stages(target, verdict.Source, wal), [new StartAsPrimary(target, verdict.Answered)]];

    /// <summary>Without missing WAL the running server is promoted as it is; else it stops, gets the WAL, and replays it before it obeys.</summary>
    private static IReadOnlyList<IReadOnlyList<Step>> Promote(string target, bool stopped, bool asItIs, WritableVerdict verdict, WalView wal) =>
        verdict.Source is null && asItIs
            ? [[new PromoteServer(target, verdict.Answered)]]
            :
            [
                .. Stop(target, stopped),
                .. Completion.Stages(target, verdict.Source, wal),
                [new StartInRecovery(target)],
                [new PromoteServer(target, verdict.Answered)],
            ];

    /// <summary>An interrupted failover may have stopped it already.</summary>
    private static IReadOnlyList<IReadOnlyList<Step>> Stop(string target, bool stopped) => stopped ? [] : [[new StopServer(target)]];

    private static Refusal? RefuseStates(Failover request, NodeObservation target, ClusterView view)
    {
        if (view.Except(target.Node).FirstOrDefault(n => n.Writable) is { } writable)
            return new(Code.AnotherWritable, $"{writable.Node} is writable",
                $"to exchange the roles of running nodes POST instance/switchover/masterSlave?to={target.Node} on {writable.Node}; a failover needs the old primary down: DELETE instance/current on {writable.Node}");
        if (target is { State: NodeState.Unknown, Ending: false })
            return ((Refused)StartPlan.Unknown(target)).Why;
        if (!target.InRecovery && !target.Promoting && !(request.Resumed && target.Down)) // one that was told already is told again
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
    private static Decision? RefuseRunningAhead(WritableVerdict verdict, ClusterView view, string target) =>
        verdict.Source is { } source && view[source].InRecovery
            ? Decision.Refuse(Code.WalNotProven, $"the standby {source} holds WAL that {target} misses", $"fail over to it instead: ?to={source}")
            : null;
}
