using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats.Control;

namespace PgHa.Agent.Plans;

/// <summary>A node in recovery becomes primary, the old one being down.</summary>
public static class FailoverPlan
{
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
        var accepted = StartPlan.Accepted(request, view.Except(target.Node).Where(n => n.State == NodeState.Unknown || Unclean(n)));
        if (request.Form == FailoverForm.Restart)
            accepted = [];
        var verdict = WritableRules.Judge(target.Node, view, wal, accepted);
        if (verdict.Refusal is { } no)
            return new Refused(no);
        var unread = Unread(target.Node, view, wal).Where(n => !verdict.Answered.Contains(n.Node)).ToArray();
        if (RefuseUnread(request, unread, wal) is { } unproven)
            return new Refused(unproven);
        return RefuseRunningAhead(verdict, view, target.Node) ?? Build(request, view, wal, verdict with
        {
            Overrides = [.. verdict.Overrides, .. unread.Select(n => Words(n, wal))],
            Answered = [.. verdict.Answered, .. unread.Select(n => n.Node)],
        }, accepted);
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
        if (!target.InRecovery && !target.Promoting && !(request.Resumed && target.Down)) // one that was told already is told again
            return new(Code.NotInRecovery, $"{target.Node} is not in recovery: it is stopped",
                "start it first (POST instance/current), or start it as primary (POST instance/master)");
        return request.Form == FailoverForm.Restart ? RefuseUnknown(target.Node, view) : null;
    }

    /// <summary>Keeping the timeline needs proof that the old primary's complete WAL is here; force cannot replace it.</summary>
    private static Refusal? RefuseUnknown(string target, ClusterView view) =>
        view.Except(target).FirstOrDefault(n => n.MayBeWritable) is not { } unknown ? null : new(Code.AnotherWritable,
            $"{unknown.Node} is unknown ({unknown.Problem ?? "it does not answer"}): its WAL cannot be compared",
            "bring its agent back, or fail over by promotion (failover/promote?force=true), which starts a new timeline");

    /// <summary>
    /// Nodes whose WAL nobody can read any more, any of which may have been the old primary: unless another node is seen to have been it,
    /// and the bytes show that all it held is here or can be brought over.
    /// </summary>
    private static IEnumerable<NodeObservation> Unread(string target, ClusterView view, WalView wal) =>
        view.Except(target).Any(n => wal.PositionOf(n.Node)?.StoppedAs is not (null or DbState.ShutDownInRecovery or DbState.InArchiveRecovery)
            && wal.Of(n.Node).Kinship is WalKinship.Identical or WalKinship.Ahead)
            ? []
            : view.Except(target).Where(n => n.DataProblem is not null || wal.Of(n.Node).Kinship == WalKinship.NotProvable);

    private static Refusal? RefuseUnread(Failover request, NodeObservation[] unread, WalView wal)
    {
        if (unread.FirstOrDefault(n => request.Form == FailoverForm.Restart || StartPlan.Accepted(request, [n]).Length == 0) is not { } node)
            return null;
        return new(Code.WalNotProven, $"it cannot be proven that {request.Target} holds all WAL of the old primary: {Words(node, wal)}",
            request.Form == FailoverForm.Restart
                ? "make it readable, or fail over by promotion (failover/promote?force=true), which starts a new timeline"
                : "make it readable (is its disk mounted?), or answer for what it may hold with force=true");
    }

    private static string Words(NodeObservation node, WalView wal) => node.DataProblem is { } problem
        ? $"the data directory of {node.Node} cannot be used: {problem}"
        : wal.Of(node.Node).Evidence;

    /// <summary>A running standby that is further ahead is the better target.</summary>
    private static Decision? RefuseRunningAhead(WritableVerdict verdict, ClusterView view, string target) =>
        verdict.Source is { } source && view[source].InRecovery
            ? Decision.Refuse(Code.WalNotProven, $"the standby {source} holds WAL that {target} misses", $"fail over to it instead: ?to={source}")
            : null;

    private static bool Unclean(NodeObservation node) =>
        node is { State: NodeState.Stopped, DataProblem: null } && node.Control is not { StoppedCleanly: true };
}
