using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>A running standby is stopped and started again; while it is down it gets the slots it has no copy of.</summary>
public static class RestartPlan
{
    /// <summary>The plan.</summary>
    public static Answer<Draft> For(RestartForSlots request, Mandate mandate, PlanFacts facts)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(mandate);
        ArgumentNullException.ThrowIfNull(facts);
        var (view, wal) = facts;
        var node = view[request.Called];
        if (mandate.Resumed && node.State == NodeState.Stopped && node.StandbySignal && view.Primary is not null)
            return StandbyPlan.Join(request, node, mandate, facts);
        if (!node.InRecovery)
            return new Refusal(Code.WrongState, $"{node.Node} is no running standby", "only a standby holds copies of slots");
        if (view.Primary is not { } primary)
            return StandbyPlan.NoPrimary(view, node.Node);
        if (StandbyPlan.RefuseJoin(node.Node, wal) is { } refusal)
            return refusal;
        return new Draft(request.Words)
        {
            Stages = [[new CheckUpstream(node.Node, primary.Node)], [new StopServer(node.Node)], [new StartAsStandby(node.Node, primary.Node)]],
            Evidence = [wal.Of(node.Node).Evidence],
            Outcomes = StandbyPlan.Streaming(node.Node, primary.Node),
            Undo = new StartNode(node.Node),
        };
    }
}
