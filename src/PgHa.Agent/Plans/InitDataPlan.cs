using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>A new cluster, where none of the nodes holds one.</summary>
public static class InitDataPlan
{
    /// <summary>The plan: it ends with the node serving as primary.</summary>
    public static Answer<Draft> For(InitData request, Mandate mandate, PlanFacts facts)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(mandate);
        ArgumentNullException.ThrowIfNull(facts);
        var view = facts.View;
        var node = request.Called;
        if (mandate.Resumed && view[node] is { DataProblem: null })
            return Start(request, mandate, facts);
        var away = view.Except(node).Where(n => !n.Reachable).ToArray();
        var assured = mandate.Assure(away);
        if (Refuse(node, view, assured) is { } refusal)
            return refusal;
        Assurance[] answered = [.. assured, .. Empty(node, view)];
        return new Draft(request.Words)
        {
            Stages = [[new CheckCreate(node)], [new CreateCluster(node, assured.Names())], [new StartAsPrimary(node, answered.Names())]],
            Evidence = [new NoDataOn([.. view.Nodes.Where(n => n.Reachable).Select(n => n.Node)], node, view[node].Place!.FreeBytes)],
            Overrides = [.. away.Select(n => $"{n.Node} cannot be reached: whether it holds a cluster is not known")],
            Answered = answered,
            Outcomes = [new(node, StartPlan.AsPrimary)],
        };
    }

    /// <summary>The cluster is made, and swapped in whole: what is left of the goal is its start, by the rules of every other start.</summary>
    private static Answer<Draft> Start(InitData request, Mandate mandate, PlanFacts facts)
    {
        var resumed = new Mandate { Answered = [.. mandate.Answered, .. Empty(request.Called, facts.View).Names()], Resumed = true };
        var start = StartPlan.ForPrimary(new(request.Called), resumed, facts);
        return start.IsOk ? start.Value with { Goal = request.Words } : start;
    }

    /// <summary>The other nodes that are seen empty: the cluster is only being made, so they hold nothing of it yet.</summary>
    private static IEnumerable<Assurance> Empty(string node, ClusterView view) =>
        view.Except(node).Where(n => n is { State: NodeState.Stopped, Place: not null }).Select(n => new Assurance(n.Node, new SeenEmpty()));

    /// <summary>Why no new cluster may be made on the node, or null. Asked again by the node itself before it acts.</summary>
    internal static Refusal? Refuse(string node, ClusterView view, IReadOnlyCollection<Assurance> assurances)
    {
        if (PlaceRules.Refuse(view[node], $"existing data is never touched: start it (POST instance/current on {node}), or move the directory away first") is { } place)
            return place;
        foreach (var other in view.Except(node))
        {
            if (other is { Reachable: true, Place: null })
                return new(Code.WrongState, $"{other.Node} already holds {What(other)}",
                    $"POST data/clone on {node} copies it; a second cluster among the same nodes could only be thrown away");
            if (other is { Reachable: true, State: not NodeState.Stopped })
                return new(Code.WrongState, $"a server still runs on {other.Node}, though its data directory is empty: {other.Problem ?? other.State.Words()}", "end it first");
            if (!other.Reachable && !assurances.AnswerFor(other.Node))
                return new(Code.WrongState, $"{other.Node} cannot be reached ({other.Problem}): it may hold the cluster already",
                    "bring its agent back, or answer for it holding no data with force=true");
        }
        return null;
    }

    private static string What(NodeObservation node) => node.DataProblem is { } problem ? $"data, which cannot be used: {problem}"
        : $"the cluster with system identifier {node.Control?.SystemIdentifier}";
}
