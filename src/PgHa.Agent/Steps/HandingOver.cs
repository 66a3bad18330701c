using System.Globalization;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Steps;

/// <summary>The steps of a switchover by promotion: of the standby, of the primary, and of the standby again.</summary>
internal sealed class HandingOver(string node, IHands hands, StepSights sights, Starting starting, IWriteRight right, Reserving reserving, TimeProvider time)
{
    /// <summary>While writes go on: the standby holds nearly all, and would be let take over but for the primary.</summary>
    internal async Task<StepResult> LevelAsync(BringLevel step, CancellationToken cancel)
    {
        var first = await sights.WithGhostsAsync(await sights.LookAsync(null, cancel), cancel);
        if (StepRules.Refuse(step, first) is { } ghost)
            return StepResult.Failed(ghost);
        if (hands.Server.ProblemOfPromotion() is { } unwritable)
            return StepResult.Failed(Code.StepFailed, $"state_dir of {node} cannot be written: {unwritable}", "make room there, or give it to the agent's user; then repeat the call");
        var archive = await hands.Server.BringLevelAsync(await sights.Of(step.Source).ObserveAsync(fresh: true, cancel), cancel);
        if (!archive.IsOk)
            return StepResult.Failed(archive.Refusal);
        var sight = await sights.LookAsync(node, cancel);
        var slots = await hands.Slots.EnsureAsync(cancel); // before the primary is stopped
        return StepRules.Level(step, sight) is { } refusal ? StepResult.Failed(refusal)
            : StepResult.Done(sight.Wal.Of(step.Source).Evidence.Words + slots + archive.Value);
    }

    /// <summary>
    /// The primary asks all nodes once more at the last moment, while nobody waits: what has changed since the nodes were level would be found
    /// by the target otherwise, when the primary is down.
    /// </summary>
    internal async Task<StepResult> HandOverAsync(HandOver step, string operation, CancellationToken cancel)
    {
        var ended = await hands.Server.HandOverAsync(step.AcceptUnlogged, async () => StepRules.HandOver(step, await sights.LookAsync(null, cancel), operation), cancel);
        if (ended.Failure is null)
            await right.GiveUpAsync(hands.Server.WriteStandbySignal, CancellationToken.None);
        return ended;
    }

    /// <summary>
    /// The old primary may serve again not only where the step was refused, but also where it failed before the server was told to
    /// promote, and where the standby died on the way and its control file shows that it had not come to accept writes: what both hold
    /// is proven then, once more.
    /// </summary>
    internal async Task<StepResult> TakeOverAsync(TakeOver step, string operation, CancellationToken cancel)
    {
        var before = hands.Look();
        var result = await TryAsync(step, operation, cancel);
        if (result is not { Failure: { } failure, NeverWritable: false })
            return await starting.KeptOnlyIfWritableAsync(result);
        var after = hands.Look();
        if (!after.Runs)
            after = await hands.Server.ChildrenEndAsync(cancel) ? hands.Look() : null;
        return after is not null && StepRules.NeverWritable(before, after) ? await starting.KeptOnlyIfWritableAsync(StepResult.Failed(failure, neverWritable: true)) : result;
    }

    private async Task<StepResult> TryAsync(TakeOver step, string operation, CancellationToken cancel)
    {
        try
        {
            return await ActAsync(step, operation, cancel);
        }
        catch (Exception e) when (hands.Explain(e) is { } why)
        {
            return StepResult.Failed(why);
        }
    }

    /// <summary>The same rules as for any node that becomes writable; what it misses may come from the stopped primary, and from nobody else.</summary>
    private async Task<StepResult> ActAsync(TakeOver step, string operation, CancellationToken cancel)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var withheld = right.TakeAsync(patiently: true, ends.Token); // while the proof is made, and the rest is given and replayed
        try
        {
            return await ActAsync(step, operation, withheld, cancel);
        }
        finally
        {
            await withheld.EndAsync(ends); // who gives the right up after this finds it taken, or not
        }
    }

    private async Task<StepResult> ActAsync(TakeOver step, string operation, Task<Refusal?> withheld, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        await using var standby = await hands.Server.OpenAsync(cancel);
        if (standby is null)
            return StepResult.Failed(new(Code.WrongState, $"{node} does not run", "start it first"), neverWritable: true);
        if (await standby.EndReceiverAsync(cancel) is { } receiving)
            return StepResult.Failed(receiving, neverWritable: true);
        var (refusal, sight, _) = await sights.WritableAsync(new(operation, step.Accepted) { CompletedFrom = [step.Source], Hurried = true, PrimaryKnown = true }, cancel);
        if (refusal is not null)
            return StepResult.Failed(refusal, neverWritable: true);
        var (own, theirs) = (sight.Wal.PositionOf(node)!, sight.Wal.PositionOf(step.Source));
        if (theirs is null)
            return StepResult.Failed(new(Code.PeerUnreachable, $"the WAL of {step.Source} cannot be read", "bring its agent back"), neverWritable: true);
        var proven = time.GetElapsedTime(begun).TotalMilliseconds;
        var source = sights.Of(step.Source);
        var theirSlots = source.Slots.ReportAsync(cancel); // it is down: they do not change any more
        var given = await standby.GiveTailAsync(own, theirs, source.Wal, cancel);
        if (!given.IsOk)
            return StepResult.Failed(given.Refusal, neverWritable: true);
        var replayed = time.GetElapsedTime(begun).TotalMilliseconds;
        var slots = await hands.Slots.LevelLastAsync(source.Slots, await theirSlots, cancel);
        if ((await withheld ?? await right.TakeAsync(patiently: false, cancel)) is { } why) // it may have been lost since
            return StepResult.Failed(why, neverWritable: true);
        var timeline = await reserving.RunAsync(sight, asksArchive: false, cancel);
        if (!timeline.IsOk)
            return StepResult.Failed(timeline.Refusal, neverWritable: true);
        if (await right.ReadyAsync([.. HeldWal.At(node, sight.Wal), step.Source], cancel) is { } unready)
            return StepResult.Failed(unready, neverWritable: true);
        var promoted = await standby.PromoteAsync(cancel);
        if (promoted.Failure is not null)
            return promoted;
        var evidence = string.Create(CultureInfo.InvariantCulture, $"proven after {proven:F1} ms; {theirs.End - own.End} bytes of WAL came from {step.Source}, replayed to {theirs.End} after {replayed:F1} ms");
        return await starting.BecameAsync(promoted with
        {
            NotCarried = slots?.NotCarried,
            FirstWriteAt = time.GetElapsedTime(begun).TotalMilliseconds,
            Evidence = evidence + given.Value + $"{(slots is null ? "" : $"; slots: {slots.Words}")}; {promoted.Evidence}{timeline.Value}",
        });
    }
}
