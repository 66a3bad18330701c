using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;

namespace PgHa.Agent.Operations;

/// <summary>Observes, compares what has to be compared, and decides.</summary>
public sealed class FreshDecision(ClusterObserver cluster, TimeProvider time)
{
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EndWithin = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SettleInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>The decision and the view it rests on.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="operation">The operation that must hold all locks; null for a dry run.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<(Decision Decision, ClusterView View)> MakeAsync(ChangeRequest request, string? operation, CancellationToken cancel)
    {
        var view = await ObserveSettledAsync(cancel);
        var unlocked = operation is null ? null : CommonRules.RefuseUnlocked(view, operation);
        if ((AgreementRules.Refuse(request, view) ?? unlocked ?? CommonRules.Refuse(request, view)) is { } refusal)
            return (new Refused(refusal), view);
        var focus = Planner.Focus(request, view);
        var wal = focus is null ? WalView.None : await cluster.CompareWalAsync(view, focus, cancel);
        var decision = Planner.Decide(request, view, wal);
        if (decision is Plan plan && !request.IsUndo)
            decision = await JudgeStartsAsync(plan, view, wal, cancel);
        return (decision is Plan judged && !request.IsUndo ? await WithSlotsAsync(judged, view, wal, cancel) : decision, view);
    }

    /// <summary>The next start of a node is not what runs on it now. An undo serves first.</summary>
    private async Task<Decision> JudgeStartsAsync(Plan plan, ClusterView view, WalView wal, CancellationToken cancel)
    {
        var asked = NextStartRules.Asked(plan, view);
        var answers = await Task.WhenAll(asked.Select(n => cluster[n].NextStartAsync(cancel)));
        return NextStartRules.Judge(plan, asked.Zip(answers).ToDictionary(p => p.First, p => p.Second), wal);
    }

    /// <summary>Where the primary moves, its consumers' slots move, too.</summary>
    private async Task<Plan> WithSlotsAsync(Plan plan, ClusterView view, WalView wal, CancellationToken cancel)
    {
        if (SlotPlan.Move(plan, view, wal) is not var (target, source))
            return plan;
        var slots = await Task.WhenAll(cluster[target].SlotsAsync(cancel), cluster[source].SlotsAsync(cancel));
        return SlotPlan.Carry(plan, source, slots[0], slots[1]);
    }

    /// <summary>
    /// A server on its way down is gone in a moment (the children of a killed one, too): worth waiting for before anything is decided.
    /// Where only its archiver is left, a shorter moment (fact 12).
    /// </summary>
    private async Task<ClusterView> ObserveSettledAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var view = await cluster.ObserveAsync(fresh: true, cancel);
            var moving = view.Nodes.Where(n => n.Server == ServerStatus.ShuttingDown).ToArray();
            if (moving.Length == 0 || time.GetElapsedTime(begun) > (moving.All(n => n.Ending) ? EndWithin : SettleWithin))
                return view;
            await Task.Delay(SettleInterval, time, cancel);
        }
    }
}
