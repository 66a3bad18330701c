using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Stopping nodes: the called one, the primary, the standbys, or all in an order.</summary>
public static class StopPlan
{
    /// <summary>Stop the called node, whatever it is.</summary>
    public static Decision ForNode(StopNode request, ClusterView view) => Stop(request, view, [[view[request.Called]]]);

    /// <summary>Find the primary and stop it.</summary>
    public static Decision ForPrimary(StopPrimary request, ClusterView view)
    {
        var writable = view.Writable.ToArray();
        if (writable.Length > 1)
            return Decision.Refuse(Code.WrongState, $"ALARM: {ClusterView.Names(writable)} are writable at the same time",
                $"say which one is to stop: DELETE instance/current on {writable[0].Node}, or on another of them");
        if (writable.Length == 0 && RefuseUnknown(request, view) is { } refusal)
            return refusal;
        return Stop(request, view, [writable]);
    }

    /// <summary>Stop every node in recovery.</summary>
    public static Decision ForStandbys(StopStandbys request, ClusterView view) =>
        RefuseUnknown(request, view) ?? Stop(request, view, [[.. view.InRecovery]]);

    /// <summary>Stop all nodes in the order asked for.</summary>
    public static Decision ForAll(StopAll request, ClusterView view)
    {
        if (RefuseUnknown(request, view) is { } refusal)
            return refusal;
        NodeObservation[] primary = [.. view.Writable];
        NodeObservation[] rest = [.. view.Nodes.Where(n => n.Reachable && n.State != NodeState.Stopped && !n.Writable)];
        return Stop(request, view, request.Order == StopOrder.PrimaryFirst ? [primary, rest] : [rest, primary]);
    }

    private static Decision? RefuseUnknown(ChangeRequest request, ClusterView view)
    {
        var unknown = view.Unknown.Where(n => !request.Force && !request.Answered.Contains(n.Node)).ToArray();
        return unknown.Length == 0 ? null : Decision.Refuse(
            unknown.Any(n => !n.Reachable) ? Code.PeerUnreachable : Code.AnotherWritable,
            $"{ClusterView.Names(unknown)} is unknown ({unknown[0].Problem ?? "it does not answer"})",
            "bring its agent back, stop the nodes one by one with DELETE instance/current, or leave it out with force=true");
    }

    private static Plan Stop(ChangeRequest request, ClusterView view, IReadOnlyList<IReadOnlyList<NodeObservation>> order)
    {
        IReadOnlyList<Step>[] stages =
        [
            .. order.Select(nodes => (IReadOnlyList<Step>)[.. nodes.Where(n => n.State != NodeState.Stopped).Select(n => new StopServer(n.Node))])
                .Where(stage => stage.Count > 0),
        ];
        var stopping = stages.SelectMany(s => s).Select(s => s.Node).ToHashSet();
        var leftOut = StartPlan.Accepted(request, view.Unknown.Where(n => !stopping.Contains(n.Node)));
        return new Plan(request.Words)
        {
            Stages = stages,
            Evidence = stages.Length == 0 ? ["nothing is left to stop"] : [],
            Overrides = [.. leftOut.Select(n => $"{n} is unknown and left out")],
            Answered = leftOut,
            Undo = Undo(request, view, stopping),
            Continuation = request is StopPrimary && stopping.Count == 1 ? new StopNode(stopping.First()) : null,
            Outcomes = [.. stopping.Select(n => new Outcome(n, [NodeState.Stopped])), .. stopping.Count == 0 ? [] : Remaining(view, stopping)],
        };
    }

    /// <summary>What starts again what is stopped, where one request says it.</summary>
    private static ChangeRequest? Undo(ChangeRequest request, ClusterView view, HashSet<string> stopping) =>
        stopping.Count == 1 ? new StartNode(stopping.First())
        : view.Primary is { } primary && view.Nodes.All(n => n.State != NodeState.Stopped) ? new StartAll(primary.Node) { Answered = request.Answered }
        : null;

    /// <summary>What the nodes that stay show once they have noticed.</summary>
    private static IEnumerable<Outcome> Remaining(ClusterView view, HashSet<string> stopping)
    {
        var primaryStops = view.Writable.Any(n => stopping.Contains(n.Node));
        var standbyStays = view.InRecovery.Any(n => !stopping.Contains(n.Node));
        foreach (var node in view.Nodes.Where(n => !stopping.Contains(n.Node)))
        {
            if (node.State == NodeState.Standby && primaryStops)
                yield return new(node.Node, [NodeState.Recovering], Certain: false);
            if (node.State == NodeState.Primary && !standbyStays)
                yield return new(node.Node, [NodeState.PrimaryAlone], Certain: false);
        }
    }
}
