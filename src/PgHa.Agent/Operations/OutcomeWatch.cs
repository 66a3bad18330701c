using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>How the wait for the outcomes ended.</summary>
/// <param name="View">The view in which they hold, or the last one.</param>
/// <param name="Missing">What is missing; null where they hold.</param>
/// <param name="Over">They cannot come any more, or are not wanted any more: nobody waits for a lost agent.</param>
public sealed record OutcomeEnd(ClusterView View, Refusal? Missing, bool Over = false);

/// <summary>
/// Waits until every node concerned shows what the plan promised; only then is an answer given. A wait that goes on gives the locks back:
/// nothing is done in it, and others must be able to act.
/// </summary>
public sealed class OutcomeWatch(ClusterObserver cluster, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LockedFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CertainWithin = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan UncertainWithin = TimeSpan.FromSeconds(2);

    /// <summary>Waits for the outcomes of an operation whose steps are done.</summary>
    /// <param name="outcomes">What was promised.</param>
    /// <param name="abandoned">Completes when the operator ends the wait.</param>
    /// <param name="unlock">Gives the locks back.</param>
    /// <param name="cancel">Ends the wait with the agent.</param>
    public async Task<OutcomeEnd> AwaitAsync(IReadOnlyList<Outcome> outcomes, Task abandoned, Func<Task> unlock, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        ArgumentNullException.ThrowIfNull(abandoned);
        ArgumentNullException.ThrowIfNull(unlock);
        var begun = time.GetTimestamp();
        ClusterView? before = null;
        ClusterView? unlocked = null;
        while (true)
        {
            var view = await cluster.ObserveAsync(fresh: true, cancel);
            var missing = outcomes.Where(o => !OutcomeRules.Holds(o, view)).ToArray();
            var waited = time.GetElapsedTime(begun);
            if (missing.Length == 0 || (waited > UncertainWithin && missing.All(o => !OutcomeRules.IsDemanded(o, view))))
                return new(view, null);
            if (Over(missing, before ?? view, unlocked ?? view, view, before is not null, abandoned) is { } over)
                return new(view, over, Over: true);
            if (waited > CertainWithin)
                return new(view, OutcomeRules.Explain(missing.First(o => OutcomeRules.IsDemanded(o, view)), view));
            if (unlocked is null && waited > LockedFor)
            {
                await unlock();
                unlocked = view;
            }
            before = view;
            await Task.WhenAny(abandoned, Task.Delay(Interval, time, cancel));
            if (abandoned.IsCompleted)
                await Task.Yield(); // not within the operator's call
            cancel.ThrowIfCancellationRequested();
        }
    }

    private static Refusal? Over(Outcome[] missing, ClusterView before, ClusterView unlocked, ClusterView now, bool twice, Task abandoned)
    {
        var waited = missing.FirstOrDefault(o => OutcomeRules.IsDemanded(o, now)) ?? missing[0];
        if (abandoned.IsCompleted)
            return new(Code.StepFailed, $"abandoned while it waited for {waited.Node} to be {OutcomeRules.Words(waited)}; all of its steps are done", "the call can be repeated");
        if (OutcomeRules.Overtaken(unlocked, now) is { } other)
            return new(Code.StepFailed, $"operation {other} acted while this one, without locks, waited for {waited.Node} to be {OutcomeRules.Words(waited)}",
                $"GET {Client.Routes.V2}/operations/{other} on the node that ran it says what it did");
        return twice ? OutcomeRules.Impossible(missing, before, now) : null;
    }
}
