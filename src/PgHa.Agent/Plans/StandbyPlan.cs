using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Plans;

/// <summary>Making a node a standby of the running primary.</summary>
public static class StandbyPlan
{
    /// <summary>Start the called node as standby, or point the running one at the primary.</summary>
    public static Answer<Draft> For(StartStandby request, Mandate mandate, PlanFacts facts)
    {
        var (view, wal) = facts;
        var node = view[request.Called];
        if (node.Writable)
            return CommonRules.RunsAsPrimary(node.Node);
        if (node is { State: NodeState.Unknown, Ending: false })
            return StartPlan.Unknown(node);
        if (view.Primary is null)
            return NoPrimary(view, node.Node);
        if (request.Rejoin is { } form && RejoinPlan.IsNeeded(node, form, view, wal))
            return RejoinPlan.For(request, form, mandate, facts);
        return request.Rejoin == RejoinForm.Reclone ? RejoinPlan.FollowOrReclone(request, node, mandate, facts) : Join(request, node, mandate, facts);
    }

    /// <summary>The node joins the primary of the view, if its WAL is proven to be a beginning of the primary's.</summary>
    internal static Answer<Draft> Join(ChangeRequest request, NodeObservation node, Mandate mandate, PlanFacts facts)
    {
        var (view, wal) = facts;
        var primary = view.Primary!.Node;
        if (Streams(node, view, wal))
            return StreamsAlready(request, node, primary);
        if (RefuseFollowing(node.Node, primary, wal) is { } refusal)
            return refusal;
        var bring = Brings(node, primary, mandate, wal);
        return new Draft(request.Words)
        {
            Stages = [CheckFollowing(node, primary, bring, wal), .. StopAndBring([node], primary, bring), [JoinStep(node, primary, bring)]],
            Evidence = [wal.Of(node.Node).Evidence],
            Outcomes = Streaming(node.Node, primary),
            Undo = bring && !node.Down ? new StartNode(node.Node) : null,
        };
    }

    /// <summary>Nothing is left to do.</summary>
    internal static Draft StreamsAlready(ChangeRequest request, NodeObservation node, string primary) => new(request.Words)
    {
        Evidence = [new StreamsFrom(node.Node, primary), .. ReplayRules.Evidence([node])],
        Outcomes = Streaming(node.Node, primary),
    };

    /// <summary>Whether the agents have to bring WAL to the node, because streaming cannot. An undo only starts it.</summary>
    internal static bool Brings(NodeObservation node, string primary, Mandate mandate, WalView wal) =>
        !mandate.IsUndo && BringRules.For(node.Node, primary, wal) is not null;

    /// <summary>What is asked before anything is stopped.</summary>
    internal static IReadOnlyList<Step> CheckFollowing(NodeObservation node, string primary, bool bring, WalView wal) =>
        bring ? [.. BringRules.Checks(node.Node, primary, wal)] : [new CheckUpstream(node.Node, primary)];

    /// <summary>How a node comes to follow the primary: a stopped one is started, a running one is pointed there by reload.</summary>
    internal static Step JoinStep(NodeObservation node, string primary, bool brought) =>
        node.Down || brought ? new StartAsStandby(node.Node, primary) : new Follow(node.Node, primary);

    /// <summary>WAL is only brought to nodes that are stopped.</summary>
    internal static IReadOnlyList<IReadOnlyList<Step>> StopAndBring(IReadOnlyList<NodeObservation> nodes, string primary, bool bring = true)
    {
        if (!bring || nodes.Count == 0)
            return [];
        Step[] stop = [.. nodes.Where(n => !n.Down).Select(n => new StopServer(n.Node))];
        Step[] copy = [.. nodes.Select(n => new BringWal(n.Node, primary))];
        return stop.Length == 0 ? [copy] : [stop, copy];
    }

    /// <summary>It streams from the primary, and can go on: a standby that misses what streaming cannot bring connects again and again, too.</summary>
    internal static bool Streams(NodeObservation node, ClusterView view, WalView wal) => node.State == NodeState.Standby && FollowsPrimary(node, view)
        && view.Primary is { } primary && BringRules.For(node.Node, primary.Node, wal) is null;

    /// <summary>Why the node cannot follow the focus of the WAL view, not even after WAL was brought to it, or null.</summary>
    internal static Refusal? RefuseFollowing(string node, string primary, WalView wal)
    {
        var bring = BringRules.For(node, primary, wal);
        return bring is { Recycled: true, Lost: false } && wal.Of(node).Kinship == WalKinship.NotProvable
            ? null // the third node, or the archive, proves it before anything is copied, and the start proves it once more
            : RefuseJoin(node, wal) ?? BringRules.Refuse(node, primary, bring, wal);
    }

    /// <summary>Why the node must not follow the focus of the WAL view, or null.</summary>
    internal static Refusal? RefuseJoin(string node, WalView wal)
    {
        var kin = wal.Of(node);
        return kin.Kinship switch
        {
            WalKinship.Identical or WalKinship.Behind => null,
            WalKinship.Ahead => new(Code.WalNotProven, $"{node} holds WAL that {wal.Focus} does not have: {kin.Evidence.Words}",
                $"{RejoinPlan.WayOut(node)}: what exists only on {node} is salvaged first"),
            WalKinship.Forked => new(Code.WalNotProven, $"the WAL of {node} has forked from that of {wal.Focus}: {kin.Evidence.Words}",
                $"{RejoinPlan.WayOut(node)}: what exists only on {node} is salvaged first"),
            _ => new(Code.WalNotProven, $"it cannot be proven that {node} can follow {wal.Focus}: {kin.Evidence.Words}",
                $"where an archive holds the missing WAL set restore_command on {node}; else POST instance/slave?rejoin=reclone on {node}"),
        };
    }

    /// <summary>Running standbys that will follow the new primary: not those that a promotion has left behind.</summary>
    internal static IEnumerable<NodeObservation> Waiting(string primary, ClusterView view, WalView wal) => view.InRecovery.Where(n =>
        n.Node != primary && wal.Of(n.Node).Kinship is (WalKinship.Identical or WalKinship.Behind or WalKinship.Ahead));

    /// <summary>Both sides show the new states.</summary>
    internal static Outcome[] Streaming(string node, string primary) =>
        [new(node, [NodeState.Standby]), new(primary, [NodeState.Primary])];

    /// <summary>It streams, and from no other configured node than the primary.</summary>
    internal static bool FollowsPrimary(NodeObservation node, ClusterView view) =>
        node.UpstreamNode is null || node.UpstreamNode == view.Primary?.Node;

    /// <summary>The node that was primary last, as far as its control file tells; else the one whose control file is furthest, the called one of several.</summary>
    private static string LastPrimary(ClusterView view, string node)
    {
        var able = view.Nodes.Where(n => n is { Reachable: true, DataProblem: null })
            .OrderByDescending(n => n.Control?.Timeline.Value)
            .ThenByDescending(n => n.Control is { } control ? Lsn.Max(control.CheckPoint, control.MinRecoveryPoint).Value : 0)
            .ThenBy(n => n.Node != node).ToArray();
        return (able.FirstOrDefault(n => n is { Down: true, Control.OfPrimary: true, StandbySignal: false }) ?? able.FirstOrDefault() ?? view[node]).Node;
    }

    /// <summary>There is no primary to follow.</summary>
    internal static Refusal NoPrimary(ClusterView view, string node)
    {
        var unknown = view.Unknown.ToArray();
        var who = unknown.Length == 0 ? "no node is writable" : $"no node is known to be writable, {ClusterView.Names(unknown)} is unknown";
        return new(Code.PrimaryNotStarted, $"the primary that {node} is to follow has not been started: {who}",
            $"{(unknown.Length == 0 ? "" : "bring its agent back, or look at its server; or ")}start the primary first (POST instance/master on {LastPrimary(view, node)})");
    }
}
