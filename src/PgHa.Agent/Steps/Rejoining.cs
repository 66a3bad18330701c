using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Steps;

/// <summary>
/// The steps by which a node that went its own way follows again. Each proves once more, over a fresh view, that the node parted from
/// the other, and that what only it holds has been salvaged.
/// </summary>
internal sealed class Rejoining(string node, IHands hands, StepSights sights, IWriteRight right, Starting starting, TimeProvider time)
{
    private static readonly TimeSpan StreamsWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1), LostAfter = TimeSpan.FromSeconds(5);

    /// <summary>An agent that is started anew is no primary that is lost.</summary>
    private static readonly TimeSpan UnseenAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Three times the time that a server waits between two looks for its primary (wal_retrieve_retry_interval).</summary>
    private static readonly TimeSpan TriedFor = TimeSpan.FromSeconds(15);

    internal async Task<StepResult> RunAsync(Step step, CancellationToken cancel)
    {
        if (step is DiscardOld)
            return await DiscardAsync(cancel);
        var sight = await sights.LookAsync(StepRules.Focus(step), cancel);
        if (StepRules.Refuse(step, sight) is { } refusal)
            return StepResult.Failed(refusal);
        return step switch
        {
            CheckRewind => await CheckRewindAsync(sight, cancel),
            CheckReclone s => await CheckRecloneAsync(s.Source, sight, cancel),
            SalvageWal => await SalvageAsync(sight, cancel),
            RewindServer s => Salvaged(sight) is { } saved ? await LeftAsync(() => hands.Rejoin.RewindAsync(s.Source, saved.Id, cancel), cancel) : StepResult.Failed(StepRules.NotSalvaged(node)),
            RecloneServer s => sight.Seen.RewindUnfinished || Salvaged(sight) is not null
                ? await LeftAsync(() => hands.Rejoin.RecloneAsync(sight.View[s.Source], cancel), cancel) : StepResult.Failed(StepRules.NotSalvaged(node)),
            _ => throw new System.Diagnostics.UnreachableException(step.ToString()),
        };
    }

    /// <summary>Whether streaming succeeds is only seen when it was tried. What fails before the start is no reason to replace anything.</summary>
    internal async Task<StepResult> FollowOrRecloneAsync(FollowOrReclone step, CancellationToken cancel)
    {
        var start = new StartAsStandby(node, step.Upstream);
        var started = await starting.AsStandbyAsync(start, cancel);
        if (started.Failure is { Code: not Code.StepFailed })
            return started;
        if (started.Failure is null && await ComesToStreamAsync(step.Upstream, cancel))
            return started with { Evidence = $"it streams, and nothing is replaced; {started.Evidence}" };
        if (await RefuseReplacingAsync(step.Upstream, cancel) is { } refusal)
            return StepResult.Failed(refusal);
        if ((await sights.ObserveAsync(cancel)).State != NodeState.Stopped && await hands.Server.StopAsync(untilShutDown: false, onPurpose: false, cancel) is { Failure: not null } runs)
            return runs;
        var replaced = await ReplaceBeginningAsync(step.Upstream, cancel);
        if (replaced.Failure is not null)
            return replaced;
        var again = await starting.AsStandbyAsync(start, cancel);
        return again.Failure is not null ? again
            : again with { Evidence = $"it did not come to stream ({started.Failure?.Message ?? started.Evidence}); {replaced.Evidence}; {again.Evidence}" };
    }

    /// <summary>From here on what it holds does not count for who may become primary.</summary>
    private async Task<StepResult> LeftAsync(Func<Task<StepResult>> replace, CancellationToken cancel) =>
        await right.LeaveAsync(cancel) is { } refusal ? StepResult.Failed(refusal) : await replace();

    private async Task<StepResult> CheckRewindAsync(StepSight sight, CancellationToken cancel)
    {
        var kin = sight.Wal.Of(node);
        return (await hands.Rejoin.RefuseArchiveAsync(sight.View[kin.Other], cancel) ?? await hands.Rejoin.RefuseRewindAsync(kin, sight.Wal.PositionOf(node)!, cancel)) is { } refusal
            ? StepResult.Failed(refusal)
            : StepResult.Done($"it can be rewound to {kin.CommonEnd}");
    }

    private async Task<StepResult> CheckRecloneAsync(string source, StepSight sight, CancellationToken cancel) => StepRun.Answered(await CopyableAsync(source, sight, cancel));

    private async Task<Answer<string>> CopyableAsync(string source, StepSight sight, CancellationToken cancel) => await hands.Rejoin.RefuseArchiveAsync(sight.View[source], cancel) is { } refusal
        ? refusal
        : await hands.Rejoin.CheckRecloneAsync(sight.View[source], ownRuns: sight.Seen.State != NodeState.Stopped, cancel);

    private async Task<StepResult> SalvageAsync(StepSight sight, CancellationToken cancel)
    {
        var saved = await hands.Rejoin.SalvageAsync(sight.Wal.Of(node), sight.Wal.PositionOf(node)!, cancel);
        return saved.IsOk
            ? StepResult.Done($"salvage {saved.Value.Id}: {saved.Value.Bytes} bytes of WAL from {saved.Value.Fork} on, with {saved.Value.CommitCount} commits "
                + $"(GET salvage/{saved.Value.Id}); how to read the lost rows, its report.txt says")
            : StepResult.Failed(saved.Refusal);
    }

    private SalvageReport? Salvaged(StepSight sight) => hands.Rejoin.Salvaged(sight.Wal.Of(node), sight.Wal.PositionOf(node)!);

    /// <summary>Whether the running node streams on the primary's timeline within a while.</summary>
    private async Task<bool> ComesToStreamAsync(string source, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (time.GetElapsedTime(begun) < TriedFor)
        {
            var view = (await sights.LookAsync(null, cancel)).View;
            if (view[node] is { State: NodeState.Standby, Sql.Timeline: { } own } seen && seen.UpstreamNode == source && own >= view[source].Sql?.Timeline)
                return true;
            await Task.Delay(Interval, time, cancel);
        }
        return false;
    }

    /// <summary>Why the node's data must not be, or cannot be, replaced by a copy although its WAL is only a beginning of the primary's; null: nothing is given up.</summary>
    private async Task<Refusal?> RefuseReplacingAsync(string source, CancellationToken cancel)
    {
        var sight = await sights.LookAsync(source, cancel);
        return StepRules.Replacing(sight, source) ?? (await CopyableAsync(source, sight, cancel)).Refusal;
    }

    private async Task<StepResult> ReplaceBeginningAsync(string source, CancellationToken cancel)
    {
        if (await RefuseReplacingAsync(source, cancel) is { } refusal)
            return StepResult.Failed(refusal);
        var sight = await sights.LookAsync(null, cancel);
        return StepRules.Runs(sight) is { } runs ? StepResult.Failed(runs) : await LeftAsync(() => hands.Rejoin.RecloneAsync(sight.View[source], cancel), cancel);
    }

    /// <summary>The old directory goes only when the new one is seen to stream. A primary that is lost meanwhile is not waited for, because no failover begins while this holds the nodes.</summary>
    private async Task<StepResult> DiscardAsync(CancellationToken cancel)
    {
        var (begun, served, looked) = (time.GetTimestamp(), time.GetTimestamp(), time.GetTimestamp());
        while ((await sights.ObserveAsync(cancel)).State != NodeState.Standby)
        {
            var view = time.GetElapsedTime(looked) < LookAgain ? null : (await sights.LookAsync(null, cancel)).View;
            looked = view is null ? looked : time.GetTimestamp();
            served = view?.Primary is null ? served : looked;
            if (view is { Primary: null } && time.GetElapsedTime(served) > (view.Nodes.All(n => !n.MayBeWritable) ? LostAfter : UnseenAfter))
                return StepResult.Failed(Code.StepFailed, $"{node} does not stream, because no node is primary any more, as far as can be seen: the old data directory is kept",
                    "bring back a primary; the next copy removes it");
            if (time.GetElapsedTime(begun) > StreamsWithin)
                return StepResult.Failed(Code.StepFailed, $"{node} does not stream after {StreamsWithin.TotalMinutes} minutes: the old data directory is kept", "look at its server log");
            await Task.Delay(Interval, time, cancel);
        }
        return hands.Rejoin.DiscardOld();
    }
}
