using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>The primary and a standby exchange their roles: by restart on the same timeline, or by promotion on the next one.</summary>
public static class SwitchoverPlan
{
    /// <summary>The plan.</summary>
    public static Answer<Draft> For(Switchover request, Mandate mandate, PlanFacts facts)
    {
        var (view, wal) = facts;
        if (mandate.Resumed && request.To is { } resumed && (view.Primary is null || view.Primary.Node == resumed))
            return Resume(request, resumed, mandate, facts);
        if (view.Primary is not { } primary)
            return NoPrimary(view);
        if (request.To == primary.Node)
            return new Draft(request.Words) { Evidence = [primary.Promoting ? new ToldToBecomePrimary(primary.Node) : new IsPrimary(primary.Node)], Outcomes = [new(primary.Node, StartPlan.AsPrimary)] };
        if (primary.State == NodeState.Unknown)
            return StartPlan.Unknown(primary);
        if (request.To is { } named && !view[named].Reachable)
            return StartPlan.Unknown(view[named]);
        if (Target(request, view) is not { } target)
            return new Refusal(Code.WrongState, request.To is { } to
                    ? $"{to} is not a streaming standby (it is {Words(view[to])})"
                    : $"no standby streams from {primary.Node}",
                StandbyFirst(request.To is { } away ? [view[away]] : [.. view.Except(primary.Node)]));
        if (PromisedRules.Refuse(target.Node, view) is { } promised)
            return promised;
        if (ReplayRules.Refuse(target, request.By) is { } still)
            return still;
        foreach (var node in (NodeObservation[])[target, .. Uninvolved(view, primary, target)])
            if (wal.Of(node.Node).Kinship is WalKinship.Forked)
                return WhileItStreams(node, StandbyPlan.RefuseJoin(node.Node, wal)!);
        if (wal.Of(target.Node) is { Kinship: WalKinship.NotProvable } unproven)
            return new Refusal(Code.WalNotProven, $"it cannot be proven that {target.Node} holds the WAL of {primary.Node}: {unproven.Evidence.Words}",
                $"repeat the call in a moment; if it stays so, DELETE instance/current on {target.Node}, then POST instance/slave?rejoin=reclone on {target.Node}");
        var stopped = JudgeOthers(mandate, primary, target, view, wal);
        return stopped.Refusal is { } blocked ? blocked : Build(request, mandate, primary.Node, target.Node, facts, stopped);
    }

    /// <summary>
    /// A node that is down, or cannot prove anything, says now already what it will say when the target asks whether it may become
    /// writable: the target then holds exactly the primary's WAL. Unless it is asked here, the primary is stopped for nothing. A node whose data cannot be read is only
    /// named: the writer is known, and its successor gets all that it wrote.
    /// </summary>
    private static WritableVerdict JudgeOthers(Mandate mandate, NodeObservation primary, NodeObservation target, ClusterView view, WalView wal)
    {
        var others = view.Except(target.Node).Where(n => n.Down || (n.InRecovery && wal.Of(n.Node).Kinship == WalKinship.NotProvable)).ToArray();
        var unread = others.Where(n => n.DataProblem is not null).Select(n => new Assurance(n.Node, new WriterIsKnown(primary.Node)));
        Assurance[] assured = [.. mandate.Assure(others), .. unread];
        var verdict = WritableRules.Judge(primary.Node, new([primary, .. others]), wal, assured);
        return verdict is { Refusal: null, Source: { } ahead } ? verdict with
        {
            Refusal = new(Code.WalNotProven, $"{ahead}, which is stopped, holds WAL that {primary.Node} misses: {wal.Of(ahead).Evidence.Words}",
                $"{RejoinPlan.WayOut(ahead)}: what exists only on {ahead} is salvaged first"),
        } : verdict;
    }

    /// <summary>The old primary is down, or the target is primary already: what is left is to start it, if need be, and to let the others follow.</summary>
    private static Answer<Draft> Resume(Switchover request, string target, Mandate mandate, PlanFacts facts)
    {
        var started = StartAllPlan.For(new StartAll(target), new() { Answered = mandate.Answered }, facts);
        // Whoever marked it may have ended before it was really told.
        IReadOnlyList<IReadOnlyList<Step>> again = facts.View[target].Promoting
            ? [.. DemotionRules.Stage(DemotionRules.Others(target, facts.View), mandate), [new PromoteServer(target, mandate.Answered)]] : [];
        return started.Value is { } start ? start with { Goal = request.Words, Stages = [.. again, .. start.Stages] } : started;
    }

    private static Draft Build(Switchover request, Mandate mandate, string primary, string target, PlanFacts facts, WritableVerdict stopped)
    {
        var (view, wal) = facts;
        var promotes = request.By == SwitchoverForm.Promote;
        var uninvolved = Uninvolved(view, view[primary], view[target]).ToArray();
        string[] others = [.. uninvolved.Select(n => n.Node)];
        var unknown = view.Unknown.Select(n => n.Node).ToArray();
        Assurance[] answered = [.. unknown.Select(n => new Assurance(n, new WriterIsKnown(primary))), .. stopped.Answered];
        var accepted = answered.Names();
        var sync = SyncRules.For(target, view, [primary, .. others]);
        var slots = SlotPlan.For(target, new(Down: !promotes, Completed: true), mandate, facts);
        // Before its stop: from the moment it is down somebody else may start it (fact 43).
        var demote = DemotionRules.Stage([primary, .. DemotionRules.Others(target, view)], mandate);
        var how = promotes ? "by promotion" : request.Order == StopOrder.PrimaryFirst ? "primary stopped first" : "standby stopped first";
        return new($"switch over from {primary} to {target}, {how}")
        {
            Stages =
            [
                [new CheckUpstream(target, primary), new CheckUpstream(primary, target), .. others.Select(o => new CheckUpstream(o, target))],
                .. Stages.CopySlots(slots),
                [new WriteCheckpoint(primary), .. sync.Steps],
                .. promotes ? ByPromotion(request, primary, target, others, accepted, demote, slots) : ByRestart(request, primary, target, accepted, demote, slots),
                [new StartAsStandby(primary, target), .. others.Select(o => new Follow(o, target))],
                .. promotes ? [[new WriteCheckpoint(target)]] : Array.Empty<IReadOnlyList<Step>>(),
            ],
            Evidence =
            [
                wal.Of(target).Evidence, .. sync.Evidence, .. ReplayRules.Evidence(uninvolved), .. promotes ? ArchiveRules.Named(view[target]) : [],
                .. BringRules.Evidence(others, target, wal, promotes),
            ],
            Overrides = [.. unknown.Select(n => $"{n} is unknown; the writer is {primary}, which is stopped before {target} becomes writable"), .. stopped.Overrides],
            Outcomes = [new(target, [NodeState.Primary]), new(primary, [NodeState.Standby]), .. others.Select(o => BringRules.Outcome(o, target, wal, promotes))],
            Answered = answered,
            Slots = slots,
            Continuation = (request with { To = target }).Under(mandate),
            Undo = new StartAll(primary).Under(new() { Answered = accepted }),
        };
    }

    private static IReadOnlyList<IReadOnlyList<Step>> ByRestart(
        Switchover request, string primary, string target, string[] accepted, IReadOnlyList<IReadOnlyList<Step>> demote, CarriedSlots slots)
    {
        IReadOnlyList<IReadOnlyList<Step>> stopPrimary = [.. demote, [new StopServer(primary, UntilShutDown: true)]];
        IReadOnlyList<IReadOnlyList<Step>> stopTarget = [[new StopServer(target)]];
        return
        [
            .. request.Order == StopOrder.PrimaryFirst ? [.. stopPrimary, .. stopTarget] : (IReadOnlyList<Step>[])[.. stopTarget, .. stopPrimary],
            [new CompleteWal(target, primary)],
            .. Stages.PlaceSlots(slots),
            [new StartAsPrimary(target, accepted, PrimaryKnown: true)],
        ];
    }

    private static IReadOnlyList<IReadOnlyList<Step>> ByPromotion(
        Switchover request, string primary, string target, string[] others, string[] accepted, IReadOnlyList<IReadOnlyList<Step>> demote, CarriedSlots slots) =>
    [
        [new BringLevel(target, primary, accepted), .. others.Select(o => new WriteCheckpoint(o))], // what WAL is walked through later begins there
        .. demote,
        .. Stages.LevelSlots(slots),
        [new HandOver(primary, target, request.AcceptUnlogged, accepted)],
        [new TakeOver(target, primary, accepted)],
    ];

    /// <summary>A node that streams is not replaced: a rejoin would find nothing to do.</summary>
    private static Refusal WhileItStreams(NodeObservation node, Refusal why) =>
        node.State == NodeState.Standby ? why with { Hint = $"DELETE instance/current on {node.Node}, then {why.Hint}" } : why;

    private static string StandbyFirst(IReadOnlyList<NodeObservation> nodes) => nodes.FirstOrDefault(n => n.Reachable) is { } node
        ? $"start the standby first (POST instance/slave on {node.Node})" : $"bring its agent back ({ClusterView.Names(nodes)})";

    private static NodeObservation? Target(Switchover request, ClusterView view) => view.Nodes
        .Where(n => n.State == NodeState.Standby && (request.To is null || n.Node == request.To))
        .OrderBy(n => n.Sql!.Held is { ForGood: true })
        .ThenByDescending(n => n.Sql!.Position)
        .FirstOrDefault();

    /// <summary>Running standbys that neither stop nor start: they are pointed at the new primary by reload.</summary>
    private static IEnumerable<NodeObservation> Uninvolved(ClusterView view, NodeObservation primary, NodeObservation target) =>
        view.InRecovery.Where(n => n.Node != primary.Node && n.Node != target.Node);

    private static Refusal NoPrimary(ClusterView view) => view.Unknown.Any()
        ? new(Code.AnotherWritable, $"no node is known to be primary, {ClusterView.Names(view.Unknown)} is unknown",
            "bring the agent of the unknown node back, or look at its server")
        : new(Code.WrongState, "no node is primary", "start the nodes first (POST instance/all on the node that was primary last); with the primary down use failover (POST instance/failover/promote on a standby)");

    private static string Words(NodeObservation node) => node.State switch
    {
        NodeState.Stopped => "stopped",
        NodeState.Recovering => "in recovery and does not stream",
        NodeState.Unknown => $"unknown: {node.Problem}",
        _ => "not a standby",
    };
}
