using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>A node in recovery becomes primary, the old one being down.</summary>
public static class FailoverPlan
{
    /// <summary>The plan.</summary>
    public static Decision For(Failover request, ClusterView view, WalView wal)
    {
        var target = view[request.Target];
        if (target.Writable && target.State != NodeState.Unknown)
            return new Plan(request.Words) { Evidence = [$"{target.Node} is writable and no other node is"], Outcomes = [new(target.Node, StartPlan.AsPrimary)] };
        if (RefuseStates(request, target, view) is { } refusal)
            return new Refused(refusal);
        if (wal.ProblemOf(target.Node) is { } problem)
            return new Refused(problem);
        var accepted = StartPlan.Accepted(request, view.Except(target.Node).Where(n => n.State == NodeState.Unknown || Unclean(n)));
        if (request.Form == FailoverForm.Restart)
            accepted = [];
        var verdict = WritableRules.Judge(target.Node, view, wal, accepted);
        return verdict.Refusal is { } no ? new Refused(no) : RefuseRunningAhead(verdict, view, target.Node) ?? Build(request, view, wal, verdict, accepted);
    }

    private static Plan Build(Failover request, ClusterView view, WalView wal, WritableVerdict verdict, string[] accepted)
    {
        var target = request.Target;
        var others = StandbyPlan.Waiting(target, view, wal).ToArray();
        IReadOnlyList<Step> follow = [.. others.Select(n => new Follow(n.Node, target))];
        var stopped = view[target].Down;
        var stages = request.Form == FailoverForm.Restart
            ? Restart(target, stopped, verdict, wal, accepted)
            : Promote(target, stopped, verdict, wal, accepted);
        var sync = SyncRules.For(target, view, [.. others.Select(n => n.Node)]);
        return new Plan(request.Words)
        {
            Stages = [.. sync.Stage, .. stages, .. follow.Count == 0 ? Array.Empty<IReadOnlyList<Step>>() : [follow]],
            Evidence = [.. verdict.Evidence, .. sync.Evidence],
            Overrides = verdict.Overrides,
            Answered = verdict.Answered,
            Outcomes =
            [
                new(target, others.Length > 0 ? [NodeState.Primary] : StartPlan.AsPrimary),
                .. others.Select(n => new Outcome(n.Node, [NodeState.Standby])),
            ],
            Undo = stages.Count > 1 ? new StartNode(target) : null,
        };
    }

    private static IReadOnlyList<IReadOnlyList<Step>> Restart(string target, bool stopped, WritableVerdict verdict, WalView wal, string[] accepted) =>
        [.. Stop(target, stopped), .. Completion.Stages(target, verdict.Source, wal), [new StartAsPrimary(target, accepted)]];

    /// <summary>Without missing WAL the running server is promoted as it is; else it stops, gets the WAL, and replays it before it obeys.</summary>
    private static IReadOnlyList<IReadOnlyList<Step>> Promote(string target, bool stopped, WritableVerdict verdict, WalView wal, string[] accepted) =>
        verdict.Source is null && !stopped
            ? [[new PromoteServer(target, accepted)]]
            :
            [
                .. Stop(target, stopped),
                .. Completion.Stages(target, verdict.Source, wal),
                [new StartInRecovery(target)],
                [new PromoteServer(target, accepted)],
            ];

    /// <summary>An interrupted failover may have stopped it already.</summary>
    private static IReadOnlyList<IReadOnlyList<Step>> Stop(string target, bool stopped) => stopped ? [] : [[new StopServer(target)]];

    private static Refusal? RefuseStates(Failover request, NodeObservation target, ClusterView view)
    {
        if (view.Except(target.Node).FirstOrDefault(n => n.Writable) is { } writable)
            return new(Code.AnotherWritable, $"{writable.Node} is writable",
                "a failover needs the old primary down; to exchange the roles of running nodes use switchover");
        if (target is { State: NodeState.Unknown, Ending: false })
            return ((Refused)StartPlan.Unknown(target)).Why;
        if (!target.InRecovery && !(request.Resumed && target.Down))
            return new(Code.NotInRecovery, $"{target.Node} is not in recovery: it is stopped",
                "start it first (POST instance/current), or start it as primary (POST instance/master)");
        return request.Form == FailoverForm.Restart ? RefuseUnknown(target.Node, view) : null;
    }

    /// <summary>Keeping the timeline needs proof that the old primary's complete WAL is here; force cannot replace it.</summary>
    private static Refusal? RefuseUnknown(string target, ClusterView view) =>
        view.Except(target).FirstOrDefault(n => n.MayBeWritable) is not { } unknown ? null : new(Code.AnotherWritable,
            $"{unknown.Node} is unknown ({unknown.Problem ?? "it does not answer"}): its WAL cannot be compared",
            "bring its agent back, or fail over by promotion (failover/promote?force=true), which starts a new timeline");

    /// <summary>A running standby that is further ahead is the better target.</summary>
    private static Decision? RefuseRunningAhead(WritableVerdict verdict, ClusterView view, string target) =>
        verdict.Source is { } source && view[source].InRecovery
            ? Decision.Refuse(Code.WalNotProven, $"the standby {source} holds WAL that {target} misses", $"fail over to it instead: ?to={source}")
            : null;

    private static bool Unclean(NodeObservation node) =>
        node is { State: NodeState.Stopped, DataProblem: null } && node.Control is not { StoppedCleanly: true };
}
