using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>
/// A node whose WAL is not a beginning of the primary's follows again: first what exists only there is salvaged, only then it is
/// rewound or replaced.
/// </summary>
public static class RejoinPlan
{
    /// <summary>What an operator can do about a node that may not follow.</summary>
    internal static string WayOut(string node) => $"POST instance/slave?rejoin=rewind on {node}, or ?rejoin=reclone";

    /// <summary>Whether simply following is out of the question: then, and only then, there is something to give up.</summary>
    internal static bool IsNeeded(NodeObservation node, RejoinForm form, ClusterView view, WalView wal) =>
        node.DataProblem is not null
        || (wal.Of(node.Node).Kinship is not (WalKinship.Identical or WalKinship.Behind)
            && !(form == RejoinForm.Rewind && StandbyPlan.RefuseFollowing(node.Node, view.Primary!.Node, wal) is null)
            && !(node.State == NodeState.Standby && StandbyPlan.FollowsPrimary(node, view)));

    /// <summary>
    /// A copy was asked for, of a node that has nothing to give up: it only follows, if it comes to stream. Whether it does is seen when it
    /// was tried; where not, it is replaced.
    /// </summary>
    internal static Answer<Draft> FollowOrReclone(StartStandby request, NodeObservation node, Mandate mandate, PlanFacts facts)
    {
        var (view, wal) = facts;
        var primary = view.Primary!.Node;
        // What was interrupted may have been about to remove the directory that it had replaced: it would stand in the way of the next.
        if (StandbyPlan.Streams(node, view, wal))
            return StandbyPlan.StreamsAlready(request, node, primary) with { Stages = mandate.Resumed ? [[new DiscardOld(node.Node)]] : [] };
        var refusal = StandbyPlan.RefuseFollowing(node.Node, primary, wal);
        if (refusal is not null && wal.Of(node.Node).Kinship is not (WalKinship.Identical or WalKinship.Behind))
            return refusal;
        var bring = refusal is null && StandbyPlan.Brings(node, primary, mandate, wal);
        return new Draft(request.Words)
        {
            Stages =
            [
                StandbyPlan.CheckFollowing(node, primary, bring, wal),
                .. StandbyPlan.StopAndBring([node], primary, bring),
                [new FollowOrReclone(node.Node, primary)],
                [new DiscardOld(node.Node)],
            ],
            Evidence = [wal.Of(node.Node).Evidence],
            Outcomes = StandbyPlan.Streaming(node.Node, primary),
            Undo = node.Down ? null : new StartNode(node.Node),
        };
    }

    /// <summary>The plan for a node that needs it.</summary>
    internal static Answer<Draft> For(StartStandby request, RejoinForm form, Mandate mandate, PlanFacts facts)
    {
        var (view, wal) = facts;
        var node = view[request.Called];
        var primary = view.Primary!.Node;
        // A rewind that was broken off in its middle leaves nothing that another could begin with: only a copy reaches the goal.
        if (node.RewindUnfinished && mandate.Resumed)
            form = RejoinForm.Reclone;
        if (RefuseData(node, form) is { } unusable)
            return unusable;
        if (form == RejoinForm.Rewind && RefuseRewind(node.Node, wal) is { } impossible)
            return impossible;
        var unseen = node.DataProblem is null ? RefuseUnseen(node.Node, wal) : null;
        if (unseen is not null && !mandate.Force)
            return unseen;
        return new Draft(request.Words)
        {
            Stages =
            [
                [new CheckUpstream(node.Node, primary), form == RejoinForm.Rewind ? new CheckRewind(node.Node, primary) : new CheckReclone(node.Node, primary)],
                [new WriteCheckpoint(primary)],
                .. node.State == NodeState.Stopped ? Array.Empty<IReadOnlyList<Step>>() : [[new StopServer(node.Node)]],
                .. node.DataProblem is null ? [[new SalvageWal(node.Node, primary, unseen is not null)]] : Array.Empty<IReadOnlyList<Step>>(),
                [form == RejoinForm.Rewind ? new RewindServer(node.Node, primary) : new RecloneServer(node.Node, primary)],
                [new StartAsStandby(node.Node, primary)],
                .. form == RejoinForm.Reclone ? [[new DiscardOld(node.Node)]] : Array.Empty<IReadOnlyList<Step>>(),
            ],
            Evidence = [node.DataProblem is { } problem ? new DataUnusable(node.Node, problem) : wal.Of(node.Node).Evidence],
            Overrides = unseen is null ? [] : [unseen.Message],
            Outcomes = StandbyPlan.Streaming(node.Node, primary),
            Continuation = form == request.Rejoin ? null : (request with { Rejoin = form }).Under(mandate),
            Undo = node.Down ? null : new StartNode(node.Node),
        };
    }

    /// <summary>Why what the node holds must not be replaced, or null. Asked again by the node itself before it acts.</summary>
    internal static Refusal? RefuseData(NodeObservation node, RejoinForm form)
    {
        if (node.RewindUnfinished && form == RejoinForm.Reclone)
            return null;
        return node.DataProblem is not { } problem ? null : new(Code.WrongState, $"the data directory of {node.Node} cannot be used: {problem}",
            node.RewindUnfinished ? FinishByCopy(node.Node)
                : node.Place is not null ? $"POST data/clone on {node.Node} fills it" : $"move it away, then POST data/clone on {node.Node} fills the empty place");
    }

    /// <summary>The way out where a rewind broke off.</summary>
    internal static string FinishByCopy(string node) =>
        $"POST instance/slave?rejoin=reclone on {node}: what existed only there was salvaged before the rewind. Where no node is or can be primary only a backup helps: move the directory away, and restore it there";

    /// <summary>
    /// Why the salvage would not hold all that exists only there, or null: the WAL in which the node parted from the primary is recycled, so what it wrote
    /// first is only in its tables.
    /// </summary>
    internal static Refusal? RefuseUnseen(string node, WalView wal) => !wal.Of(node).PartsEarlier && !WentOn(node, wal) ? null : new(Code.WalNotProven,
        $"rows that only {node} holds could not all be salvaged: {wal.Of(node).Evidence.Words}, and what {node} wrote before is only in its tables",
        $"to keep them move its data directory aside, then POST data/clone on {node} fills the empty place; to give them up POST instance/slave?rejoin=reclone&force=true on {node}");

    /// <summary>By its timelines it went on past the point where they part, and holds WAL only from some later point on; or the primary's timelines cannot be read.</summary>
    private static bool WentOn(string node, WalView wal) => wal.Of(node).Kinship is WalKinship.Forked or WalKinship.NotProvable
        && wal.PositionOf(node) is { } own
        && (wal.PositionOf(wal.Focus) is not { } theirs || (own.SystemIdentifier == theirs.SystemIdentifier && WalAncestry.NominalEnd(own, theirs) < own.Oldest));

    /// <summary>Why pg_rewind could not do it, or would do nothing, or null.</summary>
    internal static Refusal? RefuseRewind(string node, WalView wal)
    {
        var kin = wal.Of(node);
        if (kin.Kinship == WalKinship.NotProvable)
            return new(Code.WalNotProven, $"it is not known where {node} and {wal.Focus} part: {kin.Evidence.Words}", $"POST instance/slave?rejoin=reclone on {node}");
        if (wal.PositionOf(node) is not { } own || wal.PositionOf(wal.Focus) is not { } theirs)
            return new(Code.WalNotProven, $"the WAL of {node} or {wal.Focus} cannot be read", $"POST instance/slave?rejoin=reclone on {node}");
        if (own.Timeline == theirs.Timeline)
            return OneTimeline($"part on one and the same timeline {own.Timeline}, which pg_rewind takes for no fork at all");
        // It believes the histories, and would keep what the node wrote between the true fork and the point they name.
        return WalAncestry.NominalEnd(own, theirs) is var named && kin.CommonEnd < named
            ? OneTimeline($"part before {named}, where pg_rewind would look for the fork by their timeline histories")
            : null;

        Refusal OneTimeline(string how) => new(Code.WalNotProven, $"{node} and {wal.Focus} {how}: {kin.Evidence.Words}", $"POST instance/slave?rejoin=reclone on {node}");
    }
}
