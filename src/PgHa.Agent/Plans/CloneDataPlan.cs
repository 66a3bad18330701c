using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>An empty node becomes a copy of a running one and joins the primary as standby.</summary>
public static class CloneDataPlan
{
    /// <summary>The plan: it ends with the node streaming. A node that streams already needs nothing.</summary>
    public static Answer<Draft> For(CloneData request, Mandate mandate, PlanFacts facts)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(mandate);
        ArgumentNullException.ThrowIfNull(facts);
        var view = facts.View;
        var node = view[request.Called];
        if (node.State == NodeState.Standby && view.Primary is not null && StandbyPlan.FollowsPrimary(node, view))
            return new Draft(request.Words) { Evidence = [new StreamsFrom(node.Node, view.Primary.Node)], Outcomes = StandbyPlan.Streaming(node.Node, view.Primary.Node) };
        if (mandate.Resumed && node is { State: NodeState.Stopped, DataProblem: null } && view.Primary is not null)
            return StandbyPlan.Join(request, node, mandate, facts);
        if (RefusePlace(node) is { } place)
            return place;
        if (request.From is { } from && RefuseSource(node.Node, view[from]) is { } unfit)
            return unfit;
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
        return source.Serves || source.State == NodeState.Standby ? null : new(Code.WrongState,
            $"{source.Node} cannot be copied: it is {source.State.Words()}",
            (source.Down ? $"start it first (POST instance/current on {source.Node})" : $"let it stream first (POST instance/slave on {source.Node})") + ", or clone from another node: ?from=NODE");
    }

    private static Draft Build(CloneData request, ClusterView view, string source, string primary)
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
            Evidence = [new CanBeCloned(node, view[node].Place!.FreeBytes, source, view[source].Control?.SystemIdentifier)],
            Outcomes = StandbyPlan.Streaming(node, primary),
        };
    }
}
