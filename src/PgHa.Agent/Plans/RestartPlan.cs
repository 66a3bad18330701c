using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>A running standby is stopped and started again; while it is down it gets the slots it has no copy of.</summary>
public static class RestartPlan
{
    /// <summary>The plan.</summary>
    public static Decision For(RestartForSlots request, ClusterView view, WalView wal)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(view);
        var node = view[request.Called];
        if (request.Resumed && node.State == NodeState.Stopped && node.StandbySignal && view.Primary is not null)
            return StandbyPlan.Join(request, node, view, wal);
        if (!node.InRecovery)
            return Decision.Refuse(Code.WrongState, $"{node.Node} is no running standby", "only a standby holds copies of slots");
        if (view.Primary is not { } primary)
            return StandbyPlan.NoPrimary(view, node.Node);
        if (StandbyPlan.RefuseJoin(node.Node, wal) is { } refusal)
            return new Refused(refusal);
        return new Plan(request.Words)
        {
            Stages = [[new CheckUpstream(node.Node, primary.Node)], [new StopServer(node.Node)], [new StartAsStandby(node.Node, primary.Node)]],
            Evidence = [wal.Of(node.Node).Evidence],
            Outcomes = StandbyPlan.Streaming(node.Node, primary.Node),
            Undo = new StartNode(node.Node),
        };
    }
}
