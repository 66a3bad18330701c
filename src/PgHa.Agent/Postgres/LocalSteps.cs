using System.ComponentModel;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>What each step really does on the local instance. The node proves for itself, at the last moment, that it may act.</summary>
internal sealed class LocalSteps(
    AgentOptions options,
    DataDirectory data,
    InstanceActions act,
    Lazy<ClusterObserver> cluster,
    TimeProvider time)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SettlesWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AnswerInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Carries the step out. What lies in the way of a start is taken away first, and named in the answer.</summary>
    internal async Task<StepResult> RunAsync(Step step, string operation, CancellationToken cancel)
    {
        var quarantined = step is PlaceSlots or StartInRecovery or StartAsStandby or StartAsPrimary or ReplayWal or RewindServer or FollowOrReclone ? act.Slots.Quarantine() : [];
        var ghosts = step is StartInRecovery or StartAsStandby or StartAsPrimary or ReplayWal or FollowOrReclone or BringWal ? await act.Ghosts.QuarantineAsync(cancel) : [];
        var result = await ActAsync(step, operation, cancel);
        if (ghosts.Count > 0)
            result = result with { Evidence = string.Join("; ", ghosts.Append(result.Evidence)) };
        return quarantined.Count == 0 ? result : result with
        {
            Evidence = string.Join("; ", quarantined.Append(result.Evidence)),
            NotCarried = [.. quarantined, .. result.NotCarried ?? []],
        };
    }

    private Task<StepResult> ActAsync(Step step, string operation, CancellationToken cancel) => step switch
    {
        StopServer s => StopAsync(s.UntilShutDown, cancel),
        StartInRecovery => StartInRecoveryAsync(cancel),
        StartAsStandby s => StartAsStandbyAsync(s.Upstream, cancel),
        StartAsPrimary s => StartAsPrimaryAsync(s, operation, cancel),
        PromoteServer s => PromoteAsync(s.Accepted, operation, cancel),
        Follow s => FollowAsync(s.Upstream, cancel),
        CompleteWal s => CompleteAsync(s.Source, cancel),
        BringWal s => BringAsync(s.Upstream, cancel),
        FollowOrReclone s => FollowOrRecloneAsync(s.Upstream, cancel),
        ReplayWal => ReplayAsync(cancel),
        CheckUpstream s => act.Check.RunAsync(s.Upstream, cancel),
        Demote s => act.Demotion.DemoteAsync(s.Forced, cancel),
        Reinstate s => act.Demotion.ReinstateAsync(s.Accepted, cancel),
        CheckRecovery => act.Check.RunAloneAsync(cancel),
        SetSync s => act.Sync.RunAsync(s, cancel),
        WriteCheckpoint => CheckpointAsync(cancel),
        CheckRewind or CheckReclone or SalvageWal or RewindServer or RecloneServer or DiscardOld => act.Rejoin.RunAsync(step, cancel),
        BringLevel or HandOver or TakeOver => act.Handover.RunAsync(step, operation, cancel),
        PlaceSlots s => PlaceSlotsAsync(s.Source, cancel),
        LevelSlots s => act.Slots.LevelAsync(cluster.Value[s.Source], cancel),
        CheckCreate or CreateCluster or CheckClone or CloneFrom => act.Data.RunAsync(step, cancel),
        _ => throw new System.Diagnostics.UnreachableException(step.ToString()),
    };

    /// <summary>From its first moment a stopping primary may refuse writes.</summary>
    private async Task<StepResult> StopAsync(bool untilShutDown, CancellationToken cancel)
    {
        var primary = data.ReadControl() is { IsOk: true } control && ControlFacts.From(control.Value).OfPrimary;
        var stopped = await act.Stop.RunAsync(untilShutDown, cancel);
        return primary ? stopped with { LastWriteAt = 0 } : stopped;
    }

    /// <summary>What is left of a server that has shut down already (an archiver that is slow) is waited for, and ended, before another is started.</summary>
    private async Task<StepResult?> EndingAsync(CancellationToken cancel) =>
        (await cluster.Value[options.Node].ObserveAsync(fresh: true, cancel)).Ending ? await act.Stop.RunAsync(untilShutDown: false, cancel) : null;

    private async Task<StepResult> FollowAsync(string upstream, CancellationToken cancel)
    {
        var seen = await cluster.Value[options.Node].ObserveAsync(fresh: true, cancel);
        return seen.Writable
            ? StepResult.Failed(Code.RunningPrimary, $"{options.Node} runs as primary", "stop it first")
            : await act.Upstream.ReloadAsync(upstream, cancel);
    }

    private async Task<StepResult> StartInRecoveryAsync(CancellationToken cancel)
    {
        if (!data.HasStandbySignal)
            return StepResult.Failed(Code.WrongState, $"{options.Node} has no standby.signal: it would start as primary", "start it as primary or as standby");
        if (await EndingAsync(cancel) is { Failure: not null } lingering)
            return lingering;
        return await act.Start.RunAsync(cancel) is { } failed ? StepResult.Failed(failed) : StepResult.Done("accepts connections in recovery");
    }

    private async Task<StepResult> StartAsStandbyAsync(string upstream, CancellationToken cancel)
    {
        await SettleAsync(cancel);
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        if (view[options.Node].Writable)
            return StepResult.Failed(Code.RunningPrimary, $"{options.Node} runs as primary", "stop it first");
        var ended = view[options.Node].Ending ? await act.Stop.RunAsync(untilShutDown: false, cancel) : null;
        if (ended is { Failure: not null })
            return ended;
        if (ended is not null)
            view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        var wal = await cluster.Value.CompareWalAsync(view, upstream, cancel);
        if (StandbyPlan.RefuseJoin(options.Node, wal) is { } refusal)
            return StepResult.Failed(refusal);
        if (view[options.Node].State != NodeState.Stopped)
            return await act.Upstream.ReloadAsync(upstream, cancel);
        var slot = await act.Upstream.WriteAsync(upstream, cancel);
        if (!slot.IsOk)
            return StepResult.Failed(slot.Refusal);
        var logical = await act.Slots.BeforeStandbyAsync(cluster.Value[upstream], cancel);
        DurableFile.Touch(data.StandbySignal);
        return await act.Start.RunAsync(cancel) is { } failed
            ? await PointWhatRunsAsync(upstream, failed, cancel)
            : StepResult.Done($"accepts connections in recovery, {slot.Value}; {wal.Of(options.Node).Evidence}{logical}{(ended is null ? "" : $"; before: {ended.Evidence}")}");
    }

    /// <summary>A server that somebody else has started since is pointed by reload, which it has to be able to obey.</summary>
    private async Task SettleAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (await cluster.Value[options.Node].ObserveAsync(fresh: true, cancel) is { Down: false, Server: not ServerStatus.Running } && time.GetElapsedTime(begun) < SettlesWithin)
            await Task.Delay(AnswerInterval, time, cancel);
    }

    /// <summary>A supervisor may have started the server in the same moment. It runs in recovery then, and is pointed there by reload.</summary>
    private async Task<StepResult> PointWhatRunsAsync(string upstream, Refusal failed, CancellationToken cancel)
    {
        await SettleAsync(cancel);
        return (await cluster.Value[options.Node].ObserveAsync(fresh: true, cancel)).InRecovery
            ? await act.Upstream.ReloadAsync(upstream, cancel)
            : StepResult.Failed(failed);
    }

    private async Task<StepResult> PlaceSlotsAsync(string source, CancellationToken cancel)
    {
        if (await EndingAsync(cancel) is { Failure: not null } lingering)
            return lingering;
        var seen = await cluster.Value[options.Node].ObserveAsync(fresh: true, cancel);
        return seen.State == NodeState.Stopped
            ? await act.Slots.PlaceAsync(cluster.Value[source], cancel)
            : StepResult.Failed(Code.WrongState, $"{options.Node} is not stopped", "slots are only placed while the server is down");
    }

    private async Task<StepResult> StartAsPrimaryAsync(StartAsPrimary step, string operation, CancellationToken cancel)
    {
        if (await EndingAsync(cancel) is { Failure: { } lingering })
            return StepResult.Failed(lingering, neverWritable: true);
        // Demoted, and started since by whoever owns it: it would be started again if it were stopped.
        if (await cluster.Value[options.Node].ObserveAsync(fresh: true, cancel) is { InRecovery: true, ServerOwner: not null })
            return await PromoteAsync(step.Accepted, operation, cancel);
        var (refusal, position) = await act.Proof.CompleteAsync(step.Accepted, operation, NodeState.Stopped, cancel, step.PrimaryKnown);
        if (refusal is not null)
            return StepResult.Failed(refusal, neverWritable: true);
        if (position is { HoldsWalItWouldNotReplay: true })
            return StepResult.Failed(new(Code.WalNotProven,
                $"the pg_wal of {options.Node} reaches to {position.End}, but its server would go on from {position.CheckpointEnd} on timeline {position.StartsOn} and not replay it all",
                $"let it replay first: POST instance/master on {options.Node} does so by itself"), neverWritable: true);
        if (File.Exists(data.RecoverySignal))
            return StepResult.Failed(new(Code.WrongState, $"{options.Node} has a recovery.signal: a point-in-time recovery is under way",
                "finish it, or remove the file"), neverWritable: true);
        // From here on nobody's patience may end it half way: a standby must not be left without its standby.signal.
        var late = act.Slots.BeforePrimary();
        return await act.Primary.BecameAsync(await StartWritableAsync(CancellationToken.None) with { NotCarried = late });
    }

    private async Task<StepResult> StartWritableAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        var before = data.ReadControl();
        var wasStandby = data.HasStandbySignal;
        DurableFile.Remove(data.StandbySignal);
        var failed = await TryStartAsync(cancel);
        var seen = await ObserveAnswerAsync(cancel);
        if (seen.Sql is { InRecovery: false } sql) // also where somebody else was faster
            return StepResult.Done($"accepts writes on timeline {sql.Timeline} from {sql.Flush}") with { FirstWriteAt = time.GetElapsedTime(begun).TotalMilliseconds };
        if (failed is null)
            return StepResult.Failed(Code.StepFailed, $"{options.Node} was started as primary and is {seen.State}: {seen.Problem}", "look at its server log");
        if (seen.Sql is { InRecovery: true })
        {
            DurableFile.Touch(data.StandbySignal); // somebody else had started it before the file was gone
            return StepResult.Failed(failed, neverWritable: true);
        }
        var never = await act.Start.AwaitEndOfChildrenAsync(cancel) is null && act.Primary.NeverOpened(before);
        if (never && wasStandby)
            DurableFile.Touch(data.StandbySignal);
        return StepResult.Failed(failed, never);
    }

    /// <summary>A program or a disk that fails is an answer here, too: the standby.signal has to be put back.</summary>
    private async Task<Refusal?> TryStartAsync(CancellationToken cancel)
    {
        try
        {
            return await act.Start.RunAsync(cancel);
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            return new(Code.StepFailed, $"the server could not be started: {e.Message}", "look at postgres.bin_dir, postgres.log_file and the disk");
        }
    }

    /// <summary>On a busy machine the first answer of a new server may take longer than an observation waits.</summary>
    private async Task<NodeObservation> ObserveAnswerAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var seen = await cluster.Value[options.Node].ObserveAsync(fresh: true, cancel);
            if (seen.Sql is not null || seen.State == NodeState.Stopped || time.GetElapsedTime(begun) > AnswerWithin)
                return seen;
            await Task.Delay(AnswerInterval, time, cancel);
        }
    }

    private async Task<StepResult> PromoteAsync(IReadOnlyList<string> accepted, string operation, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is null)
            await SettleAsync(cancel);
        var (refusal, _) = await act.Proof.CompleteAsync(accepted, operation, null, cancel);
        refusal ??= GhostRules.RefusePromotion(options.Node, await act.Ghosts.FindAsync(cancel));
        if (refusal is not null)
            return StepResult.Failed(refusal, neverWritable: true);
        var archive = await act.Archive.BeforeFailoverAsync(cancel);
        if (!archive.IsOk)
            return StepResult.Failed(archive.Refusal, neverWritable: true);
        var late = await act.Slots.BeforePromotionAsync(cancel);
        var promoted = await act.Promotion.RunAsync(cancel);
        return await act.Primary.BecameAsync(promoted with { NotCarried = late, Evidence = promoted.Evidence + archive.Value });
    }

    private async Task<StepResult> CompleteAsync(string source, CancellationToken cancel)
    {
        if (await EndingAsync(cancel) is { Failure: not null } lingering)
            return lingering;
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        if (view[options.Node].State != NodeState.Stopped)
            return StepResult.Failed(Code.WrongState, $"{options.Node} is not stopped", "files are only placed while the server is down");
        var wal = await cluster.Value.CompareWalAsync(view, source, cancel);
        if ((wal.ProblemOf(options.Node) ?? wal.ProblemOf(source)) is { } problem)
            return StepResult.Failed(problem);
        if (wal.PositionOf(options.Node) is not { } own || wal.PositionOf(source) is not { } theirs)
            return StepResult.Failed(Code.PeerUnreachable, $"{source} cannot be asked for its WAL", "bring its agent back");
        return await act.Completion.RunAsync(wal.Of(options.Node), own, theirs, cluster.Value[source], cancel);
    }

    private async Task<StepResult> BringAsync(string upstream, CancellationToken cancel)
    {
        if (await EndingAsync(cancel) is { Failure: not null } lingering)
            return lingering;
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        return view[options.Node].State != NodeState.Stopped
            ? StepResult.Failed(Code.WrongState, $"{options.Node} is not stopped", "files are only placed while the server is down")
            : await act.Bringing.RunAsync(upstream, view, cancel);
    }

    /// <summary>Whether streaming succeeds is only seen when it was tried. What fails before the start is no reason to replace anything.</summary>
    private async Task<StepResult> FollowOrRecloneAsync(string upstream, CancellationToken cancel)
    {
        var started = await StartAsStandbyAsync(upstream, cancel);
        if (started.Failure is { Code: not Code.StepFailed })
            return started;
        if (started.Failure is null && await act.Rejoin.ComesToStreamAsync(upstream, cancel))
            return started with { Evidence = $"it streams, and nothing is replaced; {started.Evidence}" };
        if (await act.Rejoin.RefuseReplacingAsync(upstream, cancel) is { } refusal)
            return StepResult.Failed(refusal);
        if ((await cluster.Value[options.Node].ObserveAsync(fresh: true, cancel)).State != NodeState.Stopped && await act.Stop.RunAsync(untilShutDown: false, cancel) is { Failure: not null } runs)
            return runs;
        var replaced = await act.Rejoin.ReplaceBeginningAsync(upstream, cancel);
        if (replaced.Failure is not null)
            return replaced;
        var again = await StartAsStandbyAsync(upstream, cancel);
        return again.Failure is not null ? again
            : again with { Evidence = $"it did not come to stream ({started.Failure?.Message ?? started.Evidence}); {replaced.Evidence}; {again.Evidence}" };
    }

    private async Task<StepResult> ReplayAsync(CancellationToken cancel)
    {
        if (await EndingAsync(cancel) is { Failure: not null } lingering)
            return lingering;
        var seen = await cluster.Value[options.Node].ObserveAsync(fresh: true, cancel);
        if (seen.State != NodeState.Stopped)
            return StepResult.Failed(Code.WrongState, $"{options.Node} is not stopped", "stop it first");
        act.Slots.BeforeRecovery();
        return await act.Replay.RunAsync(cancel);
    }

    private async Task<StepResult> CheckpointAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return StepResult.Failed(Code.WrongState, $"{options.Node} does not run", "start it first");
        await using var connection = await act.Sql.OpenAsync(server, cancel);
        await using var command = new NpgsqlCommand("CHECKPOINT", connection);
        await command.ExecuteNonQueryAsync(cancel);
        return StepResult.Done("checkpoint written");
    }
}
