using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Starting all nodes: a running primary stays, else the called node becomes it; then all others follow at the same time.</summary>
public static class StartAllPlan
{
    /// <summary>The plan.</summary>
    public static Answer<Draft> For(StartAll request, Mandate mandate, PlanFacts facts)
    {
        var view = facts.View;
        if (view.Unknown.FirstOrDefault(n => !mandate.AssuredBefore.AnswerFor(n.Node)) is { } unknown && view.Primary is not null)
            return StartPlan.Unknown(unknown);
        if (view.Primary is { } primary)
            return Followers(DemotionRules.Reinstated(new Draft(request.Words), primary), primary.Node, mandate, facts);
        if (view[request.Called] is { State: NodeState.Unknown, Ending: false } called)
            return StartPlan.Unknown(called);
        var first = StartPlan.BecomePrimary(request, mandate, facts);
        return first.IsOk ? Followers(first.Value, request.Called, mandate, facts) : first;
    }

    /// <summary>The nodes that will follow it.</summary>
    internal static IEnumerable<NodeObservation> Others(string primary, ClusterView view) =>
        view.Except(primary).Where(n => (n.State != NodeState.Unknown || n.Ending) && n.DataProblem is null);

    /// <summary>The primary comes first, then all others follow it.</summary>
    private static Answer<Draft> Followers(Draft first, string primary, Mandate mandate, PlanFacts facts)
    {
        var (view, wal) = facts;
        // A node that is answered for cannot prove that it may follow: it is left as it is.
        Assurance[] answered = [.. first.Answered, .. mandate.AssuredBefore];
        var others = Others(primary, view).Where(n => !answered.AnswerFor(n.Node) || StandbyPlan.RefuseFollowing(n.Node, primary, wal) is null).ToArray();
        var joining = others.Where(n => !StandbyPlan.Streams(n, view, wal)).ToArray();
        foreach (var node in joining)
            if (!WillBeCompleted(node.Node, first, wal) && StandbyPlan.RefuseFollowing(node.Node, primary, wal) is { } refusal)
                return view.Primary is not null ? refusal : refusal with { Hint = $"POST instance/master on {primary} starts it without {node.Node}; then {refusal.Hint}" };
        var lacking = joining.Where(n => BringRules.For(n.Node, primary, wal) is not null).ToArray();
        Step[] check = [.. joining.SelectMany(n => BringRules.Checks(n.Node, primary, wal))];
        Step[] join = [.. joining.Select(n => StandbyPlan.JoinStep(n, primary, brought: lacking.Contains(n)))];
        return first with
        {
            Stages = join.Length == 0 ? first.Stages : [.. first.Stages, check, .. StandbyPlan.StopAndBring(lacking, primary), join],
            Evidence =
            [
                .. first.Evidence, .. joining.Select(n => wal.Of(n.Node).Evidence).Except(first.Evidence),
                .. view.Except(primary).Where(n => n.DataProblem is not null).Select(n => new LeftAsItIs(n.Node, n.DataProblem!)),
            ],
            Outcomes =
            [
                new(primary, others.Length > 0 ? [NodeState.Primary] : StartPlan.AsPrimary),
                .. others.Select(n => new Outcome(n.Node, [NodeState.Standby])),
            ],
        };
    }

    /// <summary>Nodes that are ahead now are no longer once the primary has been completed from the most advanced of them; each proves it again when it starts.</summary>
    private static bool WillBeCompleted(string node, Draft first, WalView wal) =>
        wal.Of(node).Kinship == WalKinship.Ahead && first.Stages.SelectMany(s => s).Any(s => s is CompleteWal);
}
