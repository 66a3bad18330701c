using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>An empty node becomes a copy of a running one and joins the primary as standby.</summary>
public static class CloneDataPlan
{
    /// <summary>The plan: it ends with the node streaming. A node that streams already needs nothing.</summary>
    public static Decision For(CloneData request, ClusterView view, WalView wal)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(view);
        var node = view[request.Called];
        if (node.State == NodeState.Standby && view.Primary is not null && StandbyPlan.FollowsPrimary(node, view))
            return new Plan(request.Words) { Evidence = [$"{node.Node} streams from {view.Primary.Node}"], Outcomes = StandbyPlan.Streaming(node.Node, view.Primary.Node) };
        if (request.Resumed && node is { State: NodeState.Stopped, DataProblem: null } && view.Primary is not null)
            return StandbyPlan.Join(request, node, view, wal);
        if (RefusePlace(node) is { } place)
            return new Refused(place);
        if (request.From is { } from && RefuseSource(node.Node, view[from]) is { } unfit)
            return new Refused(unfit);
        return view.Primary is { } primary ? Build(request, view, request.From ?? primary.Node, primary.Node) : StandbyPlan.NoPrimary(view, node.Node);
    }

    /// <summary>Why the node must not be filled, or null. Asked again by the node itself before it acts.</summary>
    internal static Refusal? RefusePlace(NodeObservation node) =>
        PlaceRules.Refuse(node, $"existing data is never touched: if it is this cluster's, POST instance/slave on {node.Node} lets it join; else move the directory away first");

    /// <summary>Why the source cannot be copied, or null. Asked again by the node itself before it acts.</summary>
    internal static Refusal? RefuseSource(string node, NodeObservation source)
    {
        if (source.Node == node)
            return new(Code.Invalid, $"{node} cannot be cloned from itself", "name another node: ?from=NODE");
        if (!source.Reachable)
            return new(Code.PeerUnreachable, $"{source.Node} cannot be reached: {source.Problem}", "bring its agent back, or clone from another node: ?from=NODE");
        return source.State is NodeState.Primary or NodeState.PrimaryAlone or NodeState.Standby ? null : new(Code.WrongState,
            $"{source.Node} cannot be copied: it is {source.State}", (source.Down ? $"start it first (POST instance/current on {source.Node})" : $"let it stream first (POST instance/slave on {source.Node})") + ", or clone from another node: ?from=NODE");
    }

    private static Plan Build(CloneData request, ClusterView view, string source, string primary)
    {
        var node = request.Called;
        return new(request.Words)
        {
            Stages =
            [
                [new CheckClone(node, source)],
                [new CloneFrom(node, source)],
                [new CheckUpstream(node, primary)],
                [new StartAsStandby(node, primary)],
            ],
            Evidence = [$"{node} holds no data, {PlaceRules.Megabytes(view[node].Place!.FreeBytes)} are free there; {source} runs with system identifier {view[source].Control?.SystemIdentifier}"],
            Outcomes = StandbyPlan.Streaming(node, primary),
        };
    }
}
