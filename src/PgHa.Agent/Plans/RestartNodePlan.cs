using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>A running server is stopped and started again in the role that it has.</summary>
public static class RestartNodePlan
{
    /// <summary>The plan.</summary>
    public static Answer<Draft> For(RestartNode request, Mandate mandate, PlanFacts facts)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(mandate);
        ArgumentNullException.ThrowIfNull(facts);
        var node = facts.View[request.Called];
        if (mandate.Resumed && node.Down)
            return GoOn(request, node, mandate, facts);
        if (CommonRules.Promoting(node) is { } promoting)
            return promoting;
        if (node is { State: NodeState.Unknown, Ending: false })
            return StartPlan.Unknown(node);
        if (node.Down)
            return new Refusal(Code.WrongState, $"{node.Node} does not run", $"POST instance/current on {node.Node} starts it");
        return node.Writable ? OfPrimary(request, node, mandate, facts) : OfStandby(request, node, mandate, facts);
    }

    /// <summary>What every start as primary asks is asked before the stop, of all other nodes.</summary>
    private static Answer<Draft> OfPrimary(RestartNode request, NodeObservation node, Mandate mandate, PlanFacts facts)
    {
        var (view, wal) = facts;
        if (wal.ProblemOf(node.Node) is { } problem)
            return problem;
        var verdict = WritableRules.Judge(node.Node, view, wal, mandate.Assure(view.Except(node.Node)), primaryKnown: true);
        if (verdict.Refusal is { } refusal)
            return refusal;
        if (verdict.Source is { } ahead)
            return new Refusal(Code.WalNotProven, $"{ahead} holds WAL that {node.Node} misses: {wal.Of(ahead).Evidence.Words}", $"{RejoinPlan.WayOut(ahead)}: what exists only on {ahead} is salvaged first");
        var demoted = DemotionRules.Others(node.Node, view);
        var back = new Mandate { Answered = verdict.Answered.Names() };
        return new Draft(request.Words)
        {
            Stages =
            [
                [new WriteCheckpoint(node.Node)],
                .. DemotionRules.Stage(demoted, mandate),
                [new StopServer(node.Node, UntilShutDown: true)],
                [new StartAsPrimary(node.Node, verdict.Answered.Names(), PrimaryKnown: true)],
            ],
            Evidence = [new StaysPrimary(node.Node), .. verdict.Evidence],
            Overrides = verdict.Overrides,
            Answered = verdict.Answered,
            Outcomes = [new(node.Node, view.Nodes.Any(n => n.State == NodeState.Standby) ? [NodeState.Primary] : StartPlan.AsPrimary)],
            Undo = demoted.Count == 0 ? new StartPrimary(node.Node).Under(back) : new StartAll(node.Node).Under(back),
        };
    }

    private static Answer<Draft> OfStandby(RestartNode request, NodeObservation node, Mandate mandate, PlanFacts facts)
    {
        var (view, wal) = facts;
        if (view.Primary is not { } primary)
            return new Draft(request.Words)
            {
                Stages = [[new CheckRecovery(node.Node)], [new StopServer(node.Node)], [new StartInRecovery(node.Node)]],
                Evidence = [new WillWait(node.Node)],
                Outcomes = [new(node.Node, [NodeState.Recovering, NodeState.Standby])],
                Undo = new StartNode(node.Node),
            };
        return StandbyPlan.RefuseJoin(node.Node, wal) is { } refusal ? refusal : new Draft(request.Words)
        {
            Stages = [[new CheckUpstream(node.Node, primary.Node)], [new StopServer(node.Node)], [new StartAsStandby(node.Node, primary.Node)]],
            Evidence = [wal.Of(node.Node).Evidence],
            Outcomes = StandbyPlan.Streaming(node.Node, primary.Node),
            Undo = new StartNode(node.Node),
        };
    }

    /// <summary>It was stopped, and whoever restarted it is gone: it is started as what it was, unless another node serves by now.</summary>
    internal static Answer<Draft> GoOn(RestartNode request, NodeObservation node, Mandate mandate, PlanFacts facts)
    {
        var start = node.Control is { OfPrimary: true } && facts.View.Primary is null
            ? StartPlan.ForPrimary(new(node.Node), mandate, facts) : StartPlan.ForNode(new(node.Node), mandate, facts);
        return start.IsOk ? start.Value with { Goal = request.Words } : start;
    }
}
