using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Stopping nodes: the called one, the primary, the standbys, or all in an order.</summary>
public static class StopPlan
{
    /// <summary>Stop the called node, whatever it is.</summary>
    public static Answer<Draft> ForNode(StopNode request, Mandate mandate, PlanFacts facts) => Stop(request, mandate, facts.View, [[facts.View[request.Called]]], request.WithMachine);

    /// <summary>Find the primary and stop it.</summary>
    public static Answer<Draft> ForPrimary(StopPrimary request, Mandate mandate, PlanFacts facts)
    {
        var view = facts.View;
        var writable = view.Writable.ToArray();
        if (writable.Length > 1)
            return new Refusal(Code.WrongState, $"ALARM: {ClusterView.Names(writable)} are writable at the same time",
                $"say which one is to stop: DELETE instance/current on {writable[0].Node}, or on another of them");
        if (writable.Length == 0 && RefuseUnknown(mandate, view) is { } refusal)
            return refusal;
        return Stop(request, mandate, view, [writable]);
    }

    /// <summary>Stop every node in recovery.</summary>
    public static Answer<Draft> ForStandbys(StopStandbys request, Mandate mandate, PlanFacts facts) => RefuseUnknown(mandate, facts.View) is { } refusal ? refusal
        : Stop(request, mandate, facts.View, [[.. facts.View.InRecovery.Concat(facts.View.Nodes.Where(n => n.Returning is not null))]]);

    /// <summary>Stop all nodes in the order asked for.</summary>
    public static Answer<Draft> ForAll(StopAll request, Mandate mandate, PlanFacts facts)
    {
        var view = facts.View;
        if (RefuseUnknown(mandate, view) is { } refusal)
            return refusal;
        NodeObservation[] primary = [.. view.Writable];
        NodeObservation[] rest = [.. view.Nodes.Where(n => n.Reachable && IsToBeStopped(n) && !n.Writable)];
        return Stop(request, mandate, view, request.Order == StopOrder.PrimaryFirst ? [primary, rest] : [rest, primary]);
    }

    /// <summary>It runs, or its agent is about to start it.</summary>
    private static bool IsToBeStopped(NodeObservation node) => node.State != NodeState.Stopped || node.Returning is not null;

    private static Refusal? RefuseUnknown(Mandate mandate, ClusterView view)
    {
        var assured = mandate.Assure(view.Unknown);
        var unknown = view.Unknown.Where(n => !assured.AnswerFor(n.Node)).ToArray();
        return unknown.Length == 0 ? null : new(
            unknown.Any(n => !n.Reachable) ? Code.PeerUnreachable : Code.AnotherWritable,
            $"{ClusterView.Names(unknown)} is unknown ({unknown[0].Problem ?? "it does not answer"})",
            "bring its agent back, stop the nodes one by one with DELETE instance/current, or leave it out with force=true");
    }

    private static Draft Stop(ChangeRequest request, Mandate mandate, ClusterView view, IReadOnlyList<IReadOnlyList<NodeObservation>> order, bool withMachine = false)
    {
        IReadOnlyList<Step>[] stages =
        [
            .. order.Select(nodes => (IReadOnlyList<Step>)[.. nodes.Where(IsToBeStopped).Select(n => new StopServer(n.Node, UntilShutDown: withMachine))])
                .Where(stage => stage.Count > 0),
        ];
        var stopping = stages.SelectMany(s => s).Select(s => s.Node).ToHashSet();
        var leftOut = mandate.Assure(view.Unknown.Where(n => !stopping.Contains(n.Node)));
        return new Draft(request.Words)
        {
            Stages = stages,
            Evidence = stages.Length == 0 ? [new NothingRuns()] : [],
            Overrides = [.. leftOut.Select(a => $"{a.Node} is unknown and left out")],
            Answered = leftOut,
            Undo = Undo(mandate, view, stopping),
            Continuation = request is StopPrimary && stopping.Count == 1 ? new StopNode(stopping.First()) : null,
            Outcomes = [.. stopping.Union(order.SelectMany(nodes => nodes).Select(n => n.Node)).Select(n => new Outcome(n, [NodeState.Stopped])), .. stopping.Count == 0 ? [] : Remaining(view, stopping)],
        };
    }

    /// <summary>What starts again what is stopped, where one request says it.</summary>
    private static MandatedRequest? Undo(Mandate mandate, ClusterView view, HashSet<string> stopping) =>
        stopping.Count == 1 ? new StartNode(stopping.First())
        : view.Primary is { } primary && view.Nodes.All(n => n.State != NodeState.Stopped) ? new StartAll(primary.Node).Under(new() { Answered = mandate.Answered })
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
