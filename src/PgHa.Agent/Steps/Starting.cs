using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Steps;

/// <summary>The steps that start this node's server or promote it.</summary>
internal sealed class Starting(string node, IHands hands, StepSights sights, IWriteRight right, Reserving reserving, TimeProvider time)
{
    private static readonly TimeSpan RestoresWithin = TimeSpan.FromSeconds(15), Interval = TimeSpan.FromMilliseconds(50);

    internal async Task<StepResult> InRecoveryAsync(StartInRecovery step, CancellationToken cancel)
    {
        if (StepRules.Refuse(step, await sights.LookAsync(null, cancel)) is { } refusal)
            return StepResult.Failed(refusal);
        if (await EndLeftoverAsync(cancel) is { Failure: not null } lingering)
            return lingering;
        return await hands.Server.StartAsync(cancel) is { } failed ? StepResult.Failed(failed) : StepResult.Done("accepts connections in recovery");
    }

    internal async Task<StepResult> AsStandbyAsync(StartAsStandby step, CancellationToken cancel)
    {
        await sights.SettleAsync(cancel);
        var sight = await sights.LookAsync(null, cancel);
        if (sight.Seen.Writable)
            return StepResult.Failed(CommonRules.RunsAsPrimary(node));
        var ended = sight.Seen.Ending ? await hands.Server.StopAsync(untilShutDown: false, onPurpose: false, cancel) : null;
        if (ended is { Failure: not null })
            return ended;
        if (ended is not null)
            sight = await sights.LookAsync(null, cancel);
        sight = await sights.WithWalAsync(sight, step.Upstream, cancel);
        if (StepRules.Refuse(step, sight) is { } refusal)
            return StepResult.Failed(refusal);
        if (await right.MayFollowAsync(step.Upstream, cancel) is { } pledged)
            return StepResult.Failed(pledged);
        if (sight.Seen.State != NodeState.Stopped)
            return await hands.Server.PointByReloadAsync(step.Upstream, cancel);
        var slot = await hands.Server.PointAsync(step.Upstream, cancel);
        if (!slot.IsOk)
            return StepResult.Failed(slot.Refusal);
        var logical = await hands.Slots.BeforeStandbyAsync(sights.Of(step.Upstream).Slots, cancel);
        hands.Server.WriteStandbySignal();
        if (await hands.Server.StartAsync(cancel) is { } failed)
            return await PointWhatRunsAsync(step.Upstream, failed, cancel);
        return sight.Wal.PositionOf(node)?.Restores == true && await RefuseRestoredAsync(step, cancel) is { } strayed ? StepResult.Failed(strayed)
            : StepResult.Done($"accepts connections in recovery, {slot.Value}; {sight.Wal.Of(node).Evidence.Words}{logical}{(ended is null ? "" : $"; before: {ended.Evidence}")}");
    }

    /// <summary>
    /// Its archive may have given it WAL of another node that archives to the same place and writes on the same timeline: what it holds is compared once more until it streams, for a while.
    /// With other WAL it must not stream on, because no server notices. Looked at twice: a running node may be read a moment later than its primary.
    /// </summary>
    private async Task<Refusal?> RefuseRestoredAsync(StartAsStandby step, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        for (var doubted = false; ; await Task.Delay(Interval, time, cancel))
        {
            var sight = await sights.LookAsync(step.Upstream, cancel);
            var (kin, last) = (sight.Wal.Of(node), time.GetElapsedTime(begun) > RestoresWithin);
            if (kin.Kinship == WalKinship.Forked || (last && kin.Kinship == WalKinship.Ahead))
            {
                if (doubted)
                    return await StopStrayedAsync(step.Upstream, kin, cancel);
                doubted = true;
                continue;
            }
            doubted = false;
            if (last || !sight.Seen.InRecovery || (sight.Seen.State == NodeState.Standby && kin.Kinship is WalKinship.Identical or WalKinship.Behind))
                return null;
        }
    }

    /// <summary>It is to stay stopped: a new copy would be given the same WAL.</summary>
    private async Task<Refusal> StopStrayedAsync(string upstream, WalAncestry kin, CancellationToken cancel)
    {
        var stopped = await hands.Server.StopAsync(untilShutDown: false, onPurpose: true, cancel);
        var now = stopped.Failure is { } runs ? $"it could not be stopped: {runs.Message}" : "it is stopped";
        return new(Code.WalNotProven, $"the archive that restore_command of {node} asks gave it WAL that is not of {upstream}: {kin.Evidence.Words}; {now}",
            $"take the WAL that is not of {upstream} out of the archive, or reset restore_command on {node}; then POST instance/slave?rejoin=reclone on {node}");
    }

    internal async Task<StepResult> AsPrimaryAsync(StartAsPrimary step, string operation, CancellationToken cancel)
    {
        if (await EndLeftoverAsync(cancel) is { Failure: { } lingering })
            return StepResult.Failed(lingering, neverWritable: true);
        // Demoted, and started since by whoever owns it: it would be started again if it were stopped.
        if (await sights.ObserveAsync(cancel) is { InRecovery: true, ServerOwner: not null })
            return await PromoteAsync(new(node, step.Accepted), operation, cancel, patiently: step.PrimaryKnown);
        var terms = new WritableTerms(operation, step.Accepted) { ByRecord = right.IsHeld, Required = NodeState.Stopped, PrimaryKnown = step.PrimaryKnown };
        var (refusal, sight) = await sights.CompleteAsync(terms, cancel);
        if ((refusal ?? StepRules.Refuse(step, sight)) is { } refused)
            return StepResult.Failed(refused, neverWritable: true);
        if (await right.TakeAsync(patiently: step.PrimaryKnown, cancel) is { } withheld)
            return StepResult.Failed(withheld, neverWritable: true);
        if (await ReadyAsync(terms, sight, cancel) is { } unready)
            return await KeptOnlyIfWritableAsync(StepResult.Failed(unready, neverWritable: true));
        // It cannot be cancelled from here on: a standby must not be left without its standby.signal.
        var late = hands.Slots.BeforePrimary();
        return await BecameAsync(await KeptOnlyIfWritableAsync(await StartWritableAsync() with { NotCarried = late }));
    }

    internal async Task<StepResult> PromoteAsync(PromoteServer step, string operation, CancellationToken cancel, bool patiently = false)
    {
        if (!hands.Look().Ready)
            await sights.SettleAsync(cancel);
        var terms = new WritableTerms(operation, step.Accepted) { ByRecord = right.IsHeld };
        var (refusal, sight) = await sights.CompleteAsync(terms, cancel);
        if ((refusal ?? StepRules.Refuse(step, await sights.WithGhostsAsync(sight, cancel))) is { } refused)
            return StepResult.Failed(refused, neverWritable: true);
        var archive = await hands.Server.AskArchiveAsync(cancel);
        if (!archive.IsOk)
            return StepResult.Failed(archive.Refusal, neverWritable: true);
        if (await right.TakeAsync(patiently, cancel) is { } withheld)
            return StepResult.Failed(withheld, neverWritable: true);
        var timeline = await reserving.RunAsync(sight, asksArchive: true, cancel);
        if (!timeline.IsOk)
            return await KeptOnlyIfWritableAsync(StepResult.Failed(timeline.Refusal, neverWritable: true));
        if (await ReadyAsync(terms, sight, cancel) is { } unready)
            return await KeptOnlyIfWritableAsync(StepResult.Failed(unready, neverWritable: true));
        var late = await hands.Slots.BeforePromotionAsync(cancel);
        var promoted = await KeptOnlyIfWritableAsync(await hands.Server.PromoteAsync(cancel));
        return await BecameAsync(promoted with { NotCarried = late, Evidence = promoted.Evidence + archive.Value + timeline.Value });
    }

    /// <summary>Where it got the right only after it had looked, the old primary may have acknowledged something in between: it looks once more.</summary>
    private async Task<Refusal?> ReadyAsync(WritableTerms terms, StepSight sight, CancellationToken cancel)
    {
        if (right.IsHeld && terms is { ByRecord: false, PrimaryKnown: false })
        {
            (var refusal, sight) = await sights.CompleteAsync(terms with { ByRecord = true }, cancel);
            if (refusal is not null)
                return refusal;
        }
        return await right.ReadyAsync(HeldWal.At(node, sight.Wal), cancel);
    }

    /// <summary>Once it accepts writes its logical slots are originals, and it keeps WAL for the other nodes.</summary>
    internal async Task<StepResult> BecameAsync(StepResult writable)
    {
        if (writable.Failure is not null)
            return writable;
        if (await right.ConfirmAsync(CancellationToken.None) is { } lost)
            return StepResult.Failed(lost);
        hands.Slots.BecamePrimary();
        return writable with { Evidence = writable.Evidence + await hands.Slots.EnsureAsync(CancellationToken.None) };
    }

    /// <summary>Where it is proven that the node did not come to accept writes it gives the right up at once: another one may serve then.</summary>
    internal async Task<StepResult> KeptOnlyIfWritableAsync(StepResult result)
    {
        if (!result.NeverWritable)
            return result;
        await right.GiveUpAsync(hands.Server.WriteStandbySignal, CancellationToken.None);
        await right.SettledAsync(CancellationToken.None); // an undo asks for it next, and does not wait
        return result;
    }

    /// <summary>What is left of a server that has shut down already (an archiver that is slow) is waited for, and ended, before another is started.</summary>
    internal async Task<StepResult?> EndLeftoverAsync(CancellationToken cancel) =>
        (await sights.ObserveAsync(cancel)).Ending ? await hands.Server.StopAsync(untilShutDown: false, onPurpose: false, cancel) : null;

    /// <summary>A supervisor may have started the server in the same moment. It runs in recovery then, and is pointed there by reload.</summary>
    private async Task<StepResult> PointWhatRunsAsync(string upstream, Refusal failed, CancellationToken cancel) =>
        (await sights.SettleAsync(cancel)).InRecovery ? await hands.Server.PointByReloadAsync(upstream, cancel) : StepResult.Failed(failed);

    private async Task<StepResult> StartWritableAsync()
    {
        var begun = time.GetTimestamp();
        var before = hands.Look();
        hands.Server.RemoveStandbySignal();
        var failed = await TryStartAsync();
        var seen = await sights.ObserveAnswerAsync(CancellationToken.None);
        if (seen.Sql is { InRecovery: false } sql) // also where somebody else was faster
            return StepResult.Done($"accepts writes on timeline {sql.Timeline} from {sql.Flush}") with { FirstWriteAt = time.GetElapsedTime(begun).TotalMilliseconds };
        if (failed is null)
            return StepResult.Failed(Code.StepFailed, $"{node} was started as primary and is {seen.State.Words()}: {seen.Problem}", "look at its server log");
        if (seen.Sql is { InRecovery: true })
        {
            hands.Server.WriteStandbySignal(); // somebody else had started it before the file was gone
            return StepResult.Failed(failed, neverWritable: true);
        }
        var never = await hands.Server.ChildrenEndAsync(CancellationToken.None) && hands.Look() is { Runs: false } after && StepRules.NeverWritable(before, after);
        if (never && before.StandbySignal)
            hands.Server.WriteStandbySignal();
        return StepResult.Failed(failed, never);
    }

    /// <summary>A program or a disk that fails is an answer here, too: the standby.signal has to be put back.</summary>
    private async Task<Refusal?> TryStartAsync()
    {
        try
        {
            return await hands.Server.StartAsync(CancellationToken.None);
        }
        catch (Exception e) when (hands.Explain(e) is not null)
        {
            return new(Code.StepFailed, $"the server could not be started: {e.Message}", "look at postgres.bin_dir, postgres.log_file and the disk");
        }
    }
}
