using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>What holds for every request, before its own rules are asked.</summary>
public static class CommonRules
{
    /// <summary>Why the request must be refused whatever it is, or null.</summary>
    public static Refusal? Refuse(MandatedRequest asked, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(view);
        var request = asked.Request;
        if (request.OnlyStops)
            return null;
        var data = request.UsesItsData ? Data(view[request.Acting]) : null;
        return TwoWritable(view) ?? AgreementRules.Refuse(asked, view) ?? data ?? Foreign(view) ?? view.Except(request.Acting).Select(Promoting).FirstOrDefault(r => r is not null);
    }

    /// <summary>Why nothing may act beside a node that may become writable at any moment, or null. What acts on that node itself may.</summary>
    internal static Refusal? Promoting(NodeObservation node) => !node.Promoting ? null : new(Code.AnotherWritable,
        $"{node.Node} was told to become primary, and is not yet: it may accept writes from one moment to the next",
        $"look at its server log; tell it again with POST instance/failover/promote on {node.Node}, or stop it: DELETE instance/current on {node.Node}");

    /// <summary>The lock of a node that can be reached now but could not when the locks were taken is not held: then nothing may begin.</summary>
    public static Refusal? RefuseUnlocked(ClusterView view, string operation)
    {
        ArgumentNullException.ThrowIfNull(view);
        return view.Nodes.FirstOrDefault(n => n.Reachable && n.LockedBy != operation) is { } open
            ? new(Code.Busy, $"the lock of {open.Node} is not held by this operation (it was out of reach, or its agent was restarted)", "repeat the call")
            : null;
    }

    /// <summary>Of a node that is to do what only a standby does. It may be the only one that serves: it is not told to stop.</summary>
    public static Refusal RunsAsPrimary(string node) => new(Code.RunningPrimary, $"{node} runs as primary",
        $"it stays primary until another node takes its place: POST instance/switchover/masterSlave on {node} exchanges the roles");

    private static Refusal? TwoWritable(ClusterView view)
    {
        var writable = view.Writable.ToArray();
        return writable.Length < 2 ? null : new(Code.AnotherWritable,
            $"ALARM: {ClusterView.Names(writable)} are writable at the same time",
            $"stop all but one with DELETE instance/current on {string.Join(" or on ", writable.Select(n => n.Node))}; nothing else is allowed until then");
    }

    private static Refusal? Data(NodeObservation node) => node.DataProblem is not { } problem ? null : new(Code.WrongState,
        $"the data directory of {node.Node} cannot be used: {problem}", node.RewindUnfinished ? RejoinPlan.FinishByCopy(node.Node)
        : $"correct postgres.data_dir; an empty one is filled by POST data/clone on {node.Node}, or with the first node of a new cluster by POST data/init on {node.Node}");

    private static Refusal? Foreign(ClusterView view)
    {
        var clusters = view.Nodes.Where(n => n.Control is not null && n.DataProblem is null).GroupBy(n => n.Control!.SystemIdentifier).ToArray();
        return clusters.Length < 2 ? null : new(Code.WrongState,
            "the nodes hold different clusters: "
            + string.Join("; ", clusters.Select(c => $"{ClusterView.Names(c)} system identifier {c.Key}")),
            "replace the foreign data directory by a base backup of the right cluster, or correct postgres.data_dir");
    }
}
