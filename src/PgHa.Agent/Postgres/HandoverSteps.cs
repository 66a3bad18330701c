using System.ComponentModel;
using System.Globalization;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>The steps of a switchover by promotion: of the standby, of the primary, and of the standby again.</summary>
internal sealed class HandoverSteps(
    AgentOptions options, DataDirectory data, Lazy<ClusterObserver> cluster, LocalSql sql, StandbyLevel level, ArchiveTrial archive, GhostHistories ghosts, HandoverEnd end, WalTailWriting tail, Promotion promotion,
    PromotionMark mark, ServerStart start, WritableProof proof, BecomingPrimary primary, PhysicalSlots physical, SlotSteps logical, TimeProvider time)
{
    internal Task<StepResult> RunAsync(Step step, string operation, CancellationToken cancel) => step switch
    {
        BringLevel s => BringLevelAsync(s.Source, s.Accepted, cancel),
        HandOver s => end.EndAsync(s.AcceptUnlogged, () => RefuseNowAsync(s, operation, cancel), cancel),
        TakeOver s => OrNeverOpenedAsync(() => TakeOverAsync(s.Source, s.Accepted, operation, cancel), cancel),
        _ => throw new System.Diagnostics.UnreachableException(step.ToString()),
    };

    private async Task<StepResult> BringLevelAsync(string source, IReadOnlyList<string> accepted, CancellationToken cancel)
    {
        if (GhostRules.RefusePromotion(options.Node, await ghosts.FindAsync(cancel)) is { } ghost)
            return StepResult.Failed(ghost);
        if (mark.Problem() is { } unwritable)
            return StepResult.Failed(Code.StepFailed, $"state_dir of {options.Node} cannot be written: {unwritable}", "make room there, or give it to the agent's user; then repeat the call");
        var seen = await cluster.Value[source].ObserveAsync(fresh: true, cancel);
        if (await level.RunAsync(seen.Sql?.Flush ?? Lsn.Zero, cancel) is { } behind)
            return StepResult.Failed(behind);
        var tried = await archive.RunAsync(seen.Sql?.Timeline ?? new TimelineId(1), seen.Sql?.Flush ?? Lsn.Zero, cancel);
        if (!tried.IsOk)
            return StepResult.Failed(tried.Refusal);
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        var wal = await cluster.Value.CompareWalAsync(view, options.Node, cancel);
        var kin = wal.Of(source);
        var slots = await physical.EnsureAsync(cancel); // before the primary is stopped
        // What the primary would refuse is not asked: it is writable still. All others are to have their say before it is stopped for them.
        if (WritableRules.Judge(options.Node, new([.. view.Except(source)]), wal, accepted, primaryKnown: true).Refusal is { } refusal)
            return StepResult.Failed(refusal);
        // Both are asked at the same moment, but not in the same one: under load either may have told an older end.
        return kin.Kinship is WalKinship.Identical or WalKinship.Ahead or WalKinship.Behind
            ? StepResult.Done(kin.Evidence + slots + tried.Value)
            : StepResult.Failed(Code.WalNotProven, $"{options.Node} is not proven to hold the WAL of {source}: {kin.Evidence}", "repeat the call, or look at the standby");
    }

    /// <summary>
    /// One question to all at the last moment, while nobody waits: what has changed since the nodes were level would be found by the
    /// target otherwise, when the primary is down.
    /// </summary>
    private async Task<Refusal?> RefuseNowAsync(HandOver step, string operation, CancellationToken cancel)
    {
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        return AgreementRules.Refuse(view) ?? CommonRules.RefuseUnlocked(view, operation) ?? HandoverRules.RefuseNow(options.Node, step.Successor, step.Accepted, view);
    }

    /// <summary>The same rules as for any node that becomes writable; what it misses may come from the stopped primary, and from nobody else.</summary>
    private async Task<StepResult> TakeOverAsync(string source, IReadOnlyList<string> accepted, string operation, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return StepResult.Failed(new(Code.WrongState, $"{options.Node} does not run", "start it first"), neverWritable: true);
        await using var session = await sql.OpenAsync(server, cancel);
        if (await level.ReceiverEndedAsync(session, cancel) is { } receiving)
            return StepResult.Failed(receiving, neverWritable: true);
        var (refusal, wal) = await proof.JudgeAsync(accepted, operation, null, [source], cancel, hurried: true);
        if (refusal is not null)
            return StepResult.Failed(refusal, neverWritable: true);
        var (own, theirs) = (wal!.PositionOf(options.Node)!, wal.PositionOf(source));
        if (theirs is null)
            return StepResult.Failed(new(Code.PeerUnreachable, $"the WAL of {source} cannot be read", "bring its agent back"), neverWritable: true);
        var proven = time.GetElapsedTime(begun).TotalMilliseconds;
        var theirSlots = cluster.Value[source].SlotsAsync(cancel); // it is down: they do not change any more
        var completed = await tail.RunAsync(own, theirs, cluster.Value[source], session, cancel);
        if (!completed.IsOk)
            return StepResult.Failed(completed.Refusal, neverWritable: true);
        var replayed = time.GetElapsedTime(begun).TotalMilliseconds;
        var slots = await logical.LevelLastAsync(cluster.Value[source], await theirSlots, cancel);
        var promoted = await promotion.RunAsync(server, session, cancel);
        return promoted.Failure is null
            ? await primary.BecameAsync(promoted with { NotCarried = slots?.Left, FirstWriteAt = time.GetElapsedTime(begun).TotalMilliseconds, Evidence = string.Create(CultureInfo.InvariantCulture, $"proven after {proven:F1} ms; {theirs.End - own.End} bytes of WAL came from {source}, replayed to {theirs.End} after {replayed:F1} ms") + completed.Value + $"{(slots is null ? "" : $"; slots: {slots.Words}")}; {promoted.Evidence}" })
            : promoted;
    }

    /// <summary>
    /// The old primary may serve again not only where the step was refused, but also where it failed before the server was told to
    /// promote, and where the standby died on the way and its control file shows that it had not come to accept writes: what both hold
    /// is proven then, once more.
    /// </summary>
    private async Task<StepResult> OrNeverOpenedAsync(Func<Task<StepResult>> takeOver, CancellationToken cancel)
    {
        var before = data.ReadControl();
        StepResult result;
        try
        {
            result = await takeOver();
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or UnauthorizedAccessException or Win32Exception)
        {
            result = e is IOException full && Linux.IsDiskFull(full)
                ? StepResult.Failed(Code.StepFailed, $"the disk of {options.Node} is full: {e.Message}", "make room there, then repeat the call")
                : StepResult.Failed(Code.StepFailed, $"{options.Node}: {e.Message}", "look at the server's and the agent's log");
        }
        if (result.Failure is not null && PostmasterPid.Read(data.Root) is { } told && ServerProcess.Runs(told.Pid, data.Root) && !mark.IsFor(told) && data.HasStandbySignal)
            return StepResult.Failed(result.Failure, neverWritable: true);
        var died = result is { Failure: not null, NeverWritable: false } && !(PostmasterPid.Read(data.Root) is { } server && ServerProcess.Runs(server.Pid, data.Root));
        return died && await start.AwaitEndOfChildrenAsync(cancel) is null && primary.NeverOpened(before)
            ? StepResult.Failed(result.Failure!, neverWritable: true)
            : result;
    }
}
