using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>Where every request finds its plan. Pure: facts in, a plan or a refusal out.</summary>
public static class Planner
{
    /// <summary>What to do about a request.</summary>
    public static Decision Decide(ChangeRequest request, ClusterView view, WalView wal)
    {
        if (CommonRules.Refuse(request, view) is { } refusal)
            return new Refused(refusal);
        var decision = ForRequest(request, view, wal);
        // What was begun is finished: the question was answered when it began.
        return decision is Plan plan && !request.IsUndo && !request.Resumed ? OwnerRules.Judge(plan, request, view) : decision;
    }

    private static Decision ForRequest(ChangeRequest request, ClusterView view, WalView wal) => request switch
    {
        StartNode r => StartPlan.ForNode(r, view, wal),
        StartPrimary r => StartPlan.ForPrimary(r, view, wal),
        StartAll r => StartAllPlan.For(r, view, wal),
        StartStandby r => StandbyPlan.For(r, view, wal),
        Failover r => FailoverPlan.For(r, view, wal),
        Switchover r => SwitchoverPlan.For(r, view, wal),
        RestartForSlots r => RestartPlan.For(r, view, wal),
        InitData r => InitDataPlan.For(r, view, wal),
        CloneData r => CloneDataPlan.For(r, view, wal),
        UndoDemotion r => DemotionRules.For(r, view, wal),
        StopNode r => StopPlan.ForNode(r, view),
        StopPrimary r => StopPlan.ForPrimary(r, view),
        StopStandbys r => StopPlan.ForStandbys(r, view),
        StopAll r => StopPlan.ForAll(r, view),
        _ => throw new System.Diagnostics.UnreachableException(request?.ToString()),
    };

    /// <summary>The node whose WAL the decision turns on: the one that is, or is to become, primary. Null where no WAL matters.</summary>
    public static string? Focus(ChangeRequest request, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(view);
        return request switch
        {
            { NeedsWal: false } => null,
            StartPrimary r => r.Called,
            InitData r => r.Called,
            Failover r => r.Target,
            StartNode r => view.Primary?.Node ?? (view[r.Called].StandbySignal ? null : r.Called),
            Switchover { Resumed: true, To: { } to } => view.Primary?.Node ?? to,
            StartAll r => view.Primary?.Node ?? r.Called,
            _ => view.Primary?.Node,
        };
    }
}
