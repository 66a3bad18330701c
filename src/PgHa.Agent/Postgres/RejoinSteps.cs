using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// The steps by which a node that went its own way follows again. Each proves once more, over a fresh view, that the node parted from
/// the other, and that what only it holds has been salvaged.
/// </summary>
internal sealed class RejoinSteps(
    AgentOptions options, RewindCheck check, Salvage salvage, SalvageStore store, Rewind rewind, Reclone reclone, Lazy<ClusterObserver> cluster, TimeProvider time)
{
    private static readonly TimeSpan StreamsWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Three times the time that a server waits between two looks for its primary (wal_retrieve_retry_interval).</summary>
    private static readonly TimeSpan TriedFor = TimeSpan.FromSeconds(15);

    internal Task<StepResult> RunAsync(Step step, CancellationToken cancel) => step switch
    {
        CheckRewind s => PartedAsync(s.Source, CheckRewindAsync, cancel),
        CheckReclone s => CheckRecloneAsync(s.Source, cancel),
        SalvageWal s => PartedAsync(s.Source, SalvageAsync, cancel),
        RewindServer s => PartedAsync(s.Source, RewindAsync, cancel),
        RecloneServer s => RecloneAsync(s.Source, cancel),
        DiscardOld => DiscardAsync(cancel),
        _ => throw new System.Diagnostics.UnreachableException(step.ToString()),
    };

    private async Task<StepResult> PartedAsync(
        string source, Func<WalView, WalPosition, CancellationToken, Task<StepResult>> act, CancellationToken cancel)
    {
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        if (view[options.Node].Writable)
            return StepResult.Failed(Code.RunningPrimary, $"{options.Node} runs as primary", "stop it first");
        if (view.Primary?.Node != source)
            return StepResult.Failed(Code.PrimaryNotStarted, $"{source} is not the one primary", "repeat the call: it is planned anew");
        var wal = await cluster.Value.CompareWalAsync(view, source, cancel);
        if (wal.ProblemOf(options.Node) is { } problem)
            return StepResult.Failed(problem);
        return wal.PositionOf(options.Node) is not { } own || wal.Of(options.Node).Kinship is WalKinship.Identical or WalKinship.Behind
            ? StepResult.Failed(Code.WrongState, $"{options.Node} can simply follow {source}: {wal.Of(options.Node).Evidence}", $"POST instance/slave on {options.Node}")
            : await act(wal, own, cancel);
    }

    private async Task<StepResult> CheckRewindAsync(WalView wal, WalPosition own, CancellationToken cancel) =>
        (RejoinPlan.RefuseRewind(options.Node, wal) ?? await check.RefuseAsync(wal.Of(options.Node), own, cancel)) is { } refusal
            ? StepResult.Failed(refusal)
            : StepResult.Done($"it can be rewound to {wal.Of(options.Node).CommonEnd}");

    private async Task<StepResult> SalvageAsync(WalView wal, WalPosition own, CancellationToken cancel)
    {
        if (own.StoppedAs is null)
            return StepResult.Failed(Code.WrongState, $"{options.Node} still runs", "stop it first");
        var saved = await salvage.RunAsync(wal.Of(options.Node), own, cancel);
        return saved.IsOk
            ? StepResult.Done($"salvage {saved.Value.Id}: {saved.Value.Bytes} bytes of WAL from {saved.Value.Fork} on, with {saved.Value.CommitCount} commits (GET salvage/{saved.Value.Id})")
            : StepResult.Failed(saved.Refusal);
    }

    private async Task<StepResult> RewindAsync(WalView wal, WalPosition own, CancellationToken cancel)
    {
        if (Salvaged(wal, own) is not { } saved)
            return NotSalvaged();
        return RejoinPlan.RefuseRewind(options.Node, wal) is { } refusal
            ? StepResult.Failed(refusal)
            : await rewind.RunAsync(options.Nodes.First(n => n.Name == wal.Focus), saved.Id, cancel);
    }

    private async Task<StepResult> CheckRecloneAsync(string source, CancellationToken cancel)
    {
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        if (RejoinPlan.RefuseData(view[options.Node], RejoinForm.Reclone) is { } unusable)
            return StepResult.Failed(unusable);
        var facts = await reclone.CheckAsync(view[source], ownRuns: view[options.Node].State != NodeState.Stopped, cancel);
        return facts.IsOk ? StepResult.Done($"{source} has {PlaceRules.Megabytes(facts.Value.Bytes)}, and there is room for it") : StepResult.Failed(facts.Refusal);
    }

    private async Task<StepResult> RecloneAsync(string source, CancellationToken cancel)
    {
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        if (view[options.Node].State != NodeState.Stopped)
            return StepResult.Failed(Code.WrongState, $"{options.Node} still runs", "stop it first");
        if (RejoinPlan.RefuseData(view[options.Node], RejoinForm.Reclone) is { } unusable)
            return StepResult.Failed(unusable);
        return view[options.Node].RewindUnfinished // salvaged before the rewind
            ? await reclone.RunAsync(view[source], cancel)
            : await PartedAsync(source, (wal, own, ct) => Salvaged(wal, own) is null ? Task.FromResult(NotSalvaged()) : reclone.RunAsync(view[source], ct), cancel);
    }

    /// <summary>Whether the running node streams on the primary's timeline within a while.</summary>
    internal async Task<bool> ComesToStreamAsync(string source, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (time.GetElapsedTime(begun) < TriedFor)
        {
            var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
            if (view[options.Node] is { State: NodeState.Standby, Sql.Timeline: { } own } node && node.UpstreamNode == source && own >= view[source].Sql?.Timeline)
                return true;
            await Task.Delay(Interval, time, cancel);
        }
        return false;
    }

    /// <summary>Why the node's data must not be, or cannot be, replaced by a copy although its WAL is only a beginning of the primary's; null: nothing is given up.</summary>
    internal async Task<Refusal?> RefuseReplacingAsync(string source, CancellationToken cancel)
    {
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        if (view.Primary?.Node != source)
            return new(Code.PrimaryNotStarted, $"{source} is not the one primary", "repeat the call: it is planned anew");
        if (RejoinPlan.RefuseData(view[options.Node], RejoinForm.Reclone) is { } unusable)
            return unusable;
        var wal = await cluster.Value.CompareWalAsync(view, source, cancel);
        if (StandbyPlan.RefuseJoin(options.Node, wal) is { } parted)
            return parted;
        return (await reclone.CheckAsync(view[source], ownRuns: view[options.Node].State != NodeState.Stopped, cancel)).Refusal;
    }

    internal async Task<StepResult> ReplaceBeginningAsync(string source, CancellationToken cancel)
    {
        if (await RefuseReplacingAsync(source, cancel) is { } refusal)
            return StepResult.Failed(refusal);
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        return view[options.Node].State == NodeState.Stopped
            ? await reclone.RunAsync(view[source], cancel)
            : StepResult.Failed(Code.WrongState, $"{options.Node} still runs", "stop it first");
    }

    /// <summary>The old directory goes only when the new one is seen to stream.</summary>
    private async Task<StepResult> DiscardAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while ((await cluster.Value[options.Node].ObserveAsync(fresh: true, cancel)).State != NodeState.Standby)
        {
            if (time.GetElapsedTime(begun) > StreamsWithin)
                return StepResult.Failed(Code.StepFailed, $"{options.Node} does not stream after {StreamsWithin.TotalMinutes} minutes: the old data directory is kept", "look at its server log");
            await Task.Delay(Interval, time, cancel);
        }
        return reclone.Discard();
    }

    private SalvageReport? Salvaged(WalView wal, WalPosition own) => store.Covering(own, Salvage.Fork(wal.Of(options.Node), own));

    private StepResult NotSalvaged() =>
        StepResult.Failed(Code.WrongState, $"what only {options.Node} holds was not salvaged", $"POST instance/slave?rejoin=rewind on {options.Node} does it first, or ?rejoin=reclone");
}
