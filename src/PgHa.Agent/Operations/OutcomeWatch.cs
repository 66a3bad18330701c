using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>Waits until every node concerned shows what the plan promised; only then is an answer given.</summary>
public sealed class OutcomeWatch(ClusterObserver cluster, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan CertainWithin = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan UncertainWithin = TimeSpan.FromSeconds(2);

    /// <summary>The view in which the outcomes hold, or the last one with what is missing.</summary>
    public async Task<(ClusterView View, Refusal? Missing)> AwaitAsync(IReadOnlyList<Outcome> outcomes, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var view = await cluster.ObserveAsync(fresh: true, cancel);
            var missing = outcomes.Where(o => !o.States.Contains(view[o.Node].State) || StillBefore(view[o.Node], view)).ToArray();
            var waited = time.GetElapsedTime(begun);
            if (missing.Length == 0 || (waited > UncertainWithin && missing.All(o => !o.Certain)))
                return (view, null);
            if (waited > CertainWithin)
                return (view, Explain(missing.First(o => o.Certain), view));
            await Task.Delay(Interval, time, cancel);
        }
    }

    /// <summary>
    /// After a promotion a standby first streams the rest of the old timeline, stops, and begins anew on the next one: only then it stays.
    /// </summary>
    private static bool StillBefore(NodeObservation node, ClusterView view) =>
        node is { State: NodeState.Standby, Sql.Timeline: { } timeline } && view.Primary?.Sql?.Timeline is { } now && timeline < now
        && StandbyPlan.FollowsPrimary(node, view);

    private static Refusal Explain(Outcome missing, ClusterView view) => new(Code.StepFailed,
        $"{missing.Node} does not show the expected state ({string.Join(" or ", missing.States)})"
        + (view[missing.Node].Problem is { } problem ? $": {problem}" : ""),
        $"look at the server log of {missing.Node}; the call can be repeated");
}
