using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Steps;

/// <summary>Gathers what a step's node must see before it acts. Decides nothing.</summary>
internal sealed class StepSights(string node, ClusterObserver cluster, NodeLock nodeLock, IHands hands, TimeProvider time)
{
    private static readonly TimeSpan SettlesWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AnswerInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ArrivesWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ArrivalInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>The node of that name, to look at or to copy from.</summary>
    internal INode Of(string name) => cluster[name];

    /// <summary>The operation that holds the node only stops servers, or a person called the step by hand: what it stops is to stay stopped.</summary>
    internal bool OnlyStops => nodeLock.Holder is null or { Regardless: true };

    /// <summary>This node, now.</summary>
    internal Task<NodeObservation> ObserveAsync(CancellationToken cancel) => cluster[node].ObserveAsync(fresh: true, cancel);

    /// <summary>All nodes, and their WAL compared with that of a focus.</summary>
    /// <param name="focus">The node whose WAL the step turns on; null: none.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="notWaitedFor">Nodes that need not answer at once.</param>
    internal async Task<StepSight> LookAsync(string? focus, CancellationToken cancel, IReadOnlyCollection<string>? notWaitedFor = null)
    {
        var view = await cluster.ObserveAsync(fresh: true, notWaitedFor ?? [], cancel);
        return await WithWalAsync(new(node, view, hands.Look()) { Regardless = nodeLock.Holder is { Regardless: true } }, focus, cancel);
    }

    /// <summary>The same sight with the WAL compared with that of another focus.</summary>
    internal async Task<StepSight> WithWalAsync(StepSight sight, string? focus, CancellationToken cancel) =>
        focus is null ? sight : sight with { Wal = await cluster.CompareWalAsync(sight.View, focus, cancel) };

    /// <summary>What is found is remembered: the next comparison with that focus costs only what has come since.</summary>
    internal async Task CompareAsync(string focus, CancellationToken cancel) => await cluster.CompareWalAsync(await cluster.ObserveAsync(fresh: false, cancel), focus, cancel);

    /// <summary>The same sight with the histories in pg_wal that nothing confirms.</summary>
    internal async Task<StepSight> WithGhostsAsync(StepSight sight, CancellationToken cancel) => sight with { Ghosts = await hands.GhostsAsync(cancel) };

    /// <summary>Whether the node may become writable now.</summary>
    internal async Task<(Refusal? Refusal, StepSight Sight, bool Missing)> WritableAsync(WritableTerms terms, CancellationToken cancel)
    {
        var sight = await LookAsync(null, cancel, terms.Hurried ? terms.Accepted : null);
        if (StepRules.Unlocked(sight, terms.Operation) is not { } unlocked)
            sight = await WithWalAsync(sight, node, cancel);
        else
            return (unlocked, sight, false);
        var (refusal, missing) = StepRules.Writable(sight, terms);
        return (refusal, sight, missing);
    }

    /// <summary>
    /// The same with nothing left to complete. When the primary has just died, its last WAL may still be on its way into a running standby, and
    /// into each one at another moment: that is waited for.
    /// </summary>
    internal async Task<(Refusal? Refusal, StepSight Sight)> CompleteAsync(WritableTerms terms, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var (refusal, sight, missing) = await WritableAsync(terms, cancel);
            if (!missing || sight.Wal.PositionOf(node)?.StoppedAs is not null || time.GetElapsedTime(begun) > ArrivesWithin)
                return (refusal, sight);
            await Task.Delay(ArrivalInterval, time, cancel);
        }
    }

    /// <summary>Waits until a server that starts or stops has done so: only a running one can be pointed at a node by reload.</summary>
    internal async Task<NodeObservation> SettleAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var seen = await ObserveAsync(cancel);
            if (seen is not { Down: false, Server: not ServerStatus.Running } || time.GetElapsedTime(begun) >= SettlesWithin)
                return seen;
            await Task.Delay(AnswerInterval, time, cancel);
        }
    }

    /// <summary>On a busy machine the first answer of a new server may take longer than an observation waits.</summary>
    internal async Task<NodeObservation> ObserveAnswerAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var seen = await ObserveAsync(cancel);
            if (seen.Sql is not null || seen.State == NodeState.Stopped || time.GetElapsedTime(begun) > AnswerWithin)
                return seen;
            await Task.Delay(AnswerInterval, time, cancel);
        }
    }
}
