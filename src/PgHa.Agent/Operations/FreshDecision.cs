using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>Observes, compares what has to be compared, and decides.</summary>
public sealed class FreshDecision(ClusterObserver cluster, TimeProvider time)
{
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EndWithin = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SettleInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>The decision and the view it rests on.</summary>
    /// <param name="asked">What is asked for, and on whose word.</param>
    /// <param name="operation">The operation that must hold all locks; null for a dry run.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<(Decision Decision, ClusterView View)> MakeAsync(MandatedRequest asked, string? operation, CancellationToken cancel)
    {
        var view = await ObserveSettledAsync(cancel);
        var unlocked = operation is null ? null : CommonRules.RefuseUnlocked(view, operation);
        if ((AgreementRules.Refuse(asked, view) ?? unlocked ?? CommonRules.Refuse(asked, view)) is { } refusal)
            return (new Refused(refusal), view);
        var focus = Planner.Focus(asked, view);
        var wal = focus is null ? WalView.None : await cluster.CompareWalAsync(view, focus, cancel);
        var facts = await GatherAsync(asked, new(view, wal), cancel);
        return (Planner.Decide(asked.Request, asked.Mandate, facts), view);
    }

    /// <summary>What the planner has to know beside: the next start of a node is not what runs on it now, and where the primary moves, its slots move, too.</summary>
    private async Task<PlanFacts> GatherAsync(MandatedRequest asked, PlanFacts facts, CancellationToken cancel)
    {
        var needed = Planner.Needs(asked.Request, asked.Mandate, facts);
        if (needed.Settings is { } settings)
            facts = facts with { Settings = await SettingsAsync(settings, facts.View, cancel) };
        var starts = Task.WhenAll(needed.NextStarts.Select(n => FromAsync(facts.View[n], node => node.NextStartAsync(cancel))));
        var slots = Task.WhenAll(needed.Slots.Select(n => FromAsync(facts.View[n], node => node.Slots.ReportAsync(cancel))));
        return facts with
        {
            NextStarts = needed.NextStarts.Zip(await starts).ToDictionary(p => p.First, p => Then(asked.Request, facts, p.First) ?? p.Second),
            Slots = needed.Slots.Zip(await slots).ToDictionary(p => p.First, p => p.Second),
        };
    }

    /// <summary>A node whose settings are changed starts with those.</summary>
    private static Answer<NextStart>? Then(ChangeRequest request, PlanFacts facts, string node) =>
        node == request.Called && facts.Settings.TryGetValue(node, out var changed) && changed.IsOk ? new(changed.Value.Then, null) : null;

    /// <summary>What each node says of settings that are to be changed.</summary>
    /// <param name="settings">The changes (<see cref="SettingChange.Text"/>).</param>
    /// <param name="view">The nodes: whose data cannot be read is not asked.</param>
    /// <param name="cancel">Ends the wait.</param>
    private async Task<IReadOnlyDictionary<string, Answer<SettingsReport>>> SettingsAsync(string settings, ClusterView view, CancellationToken cancel)
    {
        NodeObservation[] asked = [.. view.Nodes.Where(n => n.DataProblem is null)];
        var answers = await Task.WhenAll(asked.Select(n => FromAsync(n, node => node.SettingsAsync(settings, cancel))));
        return asked.Zip(answers).ToDictionary(p => p.First.Node, p => p.Second);
    }

    /// <summary>What is left to do until settings are in force on all nodes. Changes nothing.</summary>
    /// <param name="settings">The changes (<see cref="SettingChange.Text"/>).</param>
    /// <param name="conduct">How it is meant.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<Answer<SettingsSeries>> SeriesAsync(string settings, SeriesConduct conduct, CancellationToken cancel)
    {
        var changes = SettingChange.Parse(settings);
        if (!changes.IsOk)
            return changes.Refusal;
        var view = await ObserveSettledAsync(cancel);
        return AgreementRules.Refuse(view) is { } refusal ? refusal
            : SettingOrder.For(changes.Value, view, await SettingsAsync(settings, view, cancel), conduct);
    }

    /// <summary>A node that has just not answered is not asked, and waited for, once more.</summary>
    private Task<Answer<T>> FromAsync<T>(NodeObservation seen, Func<INode, Task<Answer<T>>> ask) => seen.Reachable ? ask(cluster[seen.Node])
        : Task.FromResult<Answer<T>>(new Refusal(Code.PeerUnreachable, seen.Problem ?? $"the agent of {seen.Node} does not answer", $"start the agent of {seen.Node}, or look at the network"));

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
