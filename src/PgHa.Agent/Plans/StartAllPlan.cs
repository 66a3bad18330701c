using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>Starting all nodes: a running primary stays, else the called node becomes it; then all others follow at the same time.</summary>
public static class StartAllPlan
{
    /// <summary>The plan.</summary>
    public static Decision For(StartAll request, ClusterView view, WalView wal)
    {
        if (view.Unknown.FirstOrDefault(n => !request.Answered.Contains(n.Node)) is { } unknown && view.Primary is not null)
            return StartPlan.Unknown(unknown);
        if (view.Primary is { } primary)
            return Followers(request, DemotionRules.Reinstated(new Plan(request.Words), primary), primary.Node, view, wal);
        var first = FirstPrimary(request, view, wal);
        return first is Plan plan ? Followers(request, plan, request.Called, view, wal) : first;
    }

    /// <summary>The called node becomes primary; one that runs in recovery is stopped first.</summary>
    internal static Decision FirstPrimary(ChangeRequest request, ClusterView view, WalView wal)
    {
        var node = view[request.Called];
        if (node is { State: NodeState.Unknown, Ending: false })
            return StartPlan.Unknown(node);
        var start = StartPlan.BecomePrimary(request, view, wal);
        if (start is not Plan plan || !node.InRecovery)
            return start;
        return node.ServerOwner is not null && !plan.Stages.SelectMany(s => s).Any(s => s is CompleteWal or ReplayWal)
            ? InPlace(plan)
            : plan with { Stages = [[new StopServer(node.Node)], .. plan.Stages] };
    }

    /// <summary>A server that its owner would start again at once is promoted where it runs.</summary>
    private static Plan InPlace(Plan plan) =>
        plan with { Stages = [.. plan.Stages.Select(stage => (IReadOnlyList<Step>)[.. stage.Select(s => s is StartAsPrimary start ? new PromoteServer(start.Node, start.Accepted) : s)])] };

    /// <summary>The nodes that will follow it.</summary>
    internal static IEnumerable<NodeObservation> Others(string primary, ClusterView view) =>
        view.Except(primary).Where(n => (n.State != NodeState.Unknown || n.Ending) && n.DataProblem is null);

    private static Decision Followers(StartAll request, Plan plan, string primary, ClusterView view, WalView wal)
    {
        // A node that force answers for cannot prove that it may follow: it is left as it is.
        string[] answered = [.. plan.Answered, .. request.Answered];
        var others = Others(primary, view).Where(n => !answered.Contains(n.Node) || StandbyPlan.RefuseFollowing(n.Node, primary, wal) is null).ToArray();
        var joining = others.Where(n => !StandbyPlan.Streams(n, view, wal)).ToArray();
        foreach (var node in joining)
            if (!WillBeCompleted(node.Node, plan, wal) && StandbyPlan.RefuseFollowing(node.Node, primary, wal) is { } refusal)
                return new Refused(refusal);
        var lacking = joining.Where(n => BringRules.For(n.Node, primary, wal) is not null).ToArray();
        Step[] check = [.. joining.Select(n => new CheckUpstream(n.Node, primary))];
        Step[] join = [.. joining.Select(n => StandbyPlan.JoinStep(n, primary, brought: lacking.Contains(n)))];
        return plan with
        {
            Stages = join.Length == 0 ? plan.Stages : [.. plan.Stages, check, .. StandbyPlan.StopAndBring(lacking, primary), join],
            Evidence =
            [
                .. plan.Evidence, .. joining.Select(n => wal.Of(n.Node).Evidence).Except(plan.Evidence),
                .. view.Except(primary).Where(n => n.DataProblem is not null).Select(n => $"{n.Node} is left as it is: {n.DataProblem}"),
            ],
            Outcomes =
            [
                new(primary, others.Length > 0 ? [NodeState.Primary] : StartPlan.AsPrimary),
                .. others.Select(n => new Outcome(n.Node, [NodeState.Standby])),
            ],
        };
    }

    /// <summary>Nodes that are ahead now are no longer once the primary has been completed from the most advanced of them; each proves it again when it starts.</summary>
    private static bool WillBeCompleted(string node, Plan plan, WalView wal) =>
        wal.Of(node).Kinship == WalKinship.Ahead && plan.Stages.SelectMany(s => s).Any(s => s is CompleteWal);
}
