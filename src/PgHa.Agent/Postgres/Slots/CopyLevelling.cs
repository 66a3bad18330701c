using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Slots;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Brings the logical slots of this running standby level with the primary's by SQL. One at a time; a role change does not wait for the
/// regular upkeep, which gives way.
/// </summary>
internal sealed class CopyLevelling(DataDirectory data, LocalSql sql, SlotReading reading, CopyChanges changes, LogicalCopyNotes copies, TimeProvider time) : IDisposable
{
    /// <summary>So much WAL at once in the regular upkeep: it must be able to stop between two pieces.</summary>
    private const ulong Piece = 128UL << 20;

    private static readonly TimeSpan ReplayWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);
    private readonly SemaphoreSlim _one = new(1);
    private volatile CancellationTokenSource? _upkeep;

    public void Dispose() => _one.Dispose();

    /// <summary>For the regular upkeep, and for an operator: everything, in pieces, until a role change needs the slots.</summary>
    internal async Task<Answer<(SlotsReport Own, SlotsReport Theirs)>> KeepAsync(ISlotSource source, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        using var yielding = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _upkeep = yielding;
        try
        {
            var theirs = await source.ReportAsync(yielding.Token);
            if (theirs.Value?.IsStandby == true)
                return new Refusal(Code.WrongState, $"{source.Name} is no primary any more", "repeat the call");
            if (!theirs.IsOk)
                return theirs.Refusal;
            var levelled = await LevelAsync(source, theirs.Value, create: true, Piece, SlotPatience.Endless, yielding.Token);
            if (levelled.IsOk)
                copies.Missing = [.. theirs.Value.Slots.Where(s => SlotRules.IsCarried(s) && levelled.Value.Own[s.Name] is null).Select(s => s.Name)];
            return levelled;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Refusal(Code.Busy, "a role change has begun", "repeat the call");
        }
        finally
        {
            _upkeep = null;
            _one.Release();
        }
    }

    /// <summary>For a role change: advances what is there, and says what would not be carried if this node became primary now.</summary>
    /// <param name="source">The node whose slots they are.</param>
    /// <param name="theirs">Its slots.</param>
    /// <param name="patience">How long the role change waits.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async Task<SlotOutcome> RunAsync(ISlotSource source, SlotsReport theirs, SlotPatience patience, CancellationToken cancel)
    {
        if (theirs.IsStandby)
            return new([], [$"the logical slots of {source.Name} are no originals: it is a standby"]);
        await TakeAsync(cancel);
        try
        {
            var levelled = await LevelAsync(source, theirs, create: false, ulong.MaxValue, patience, cancel);
            return levelled.IsOk ? Account(levelled.Value.Own, theirs) : new([], [$"the logical slots cannot be brought level: {levelled.Refusal.Message}"]);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>
    /// The server is about to become primary: the regular upkeep ends, and a copy ahead of its consumer is dropped, because
    /// the consumer would go on from it and miss changes.
    /// </summary>
    /// <returns>The slots that were dropped, or could not be, in words.</returns>
    internal async Task<IReadOnlyList<string>> BeforePromotionAsync(CancellationToken cancel)
    {
        await TakeAsync(cancel);
        try
        {
            var words = new List<string>();
            foreach (var slot in copies.NotLevel())
                words.Add(await changes.DropAsync(slot, cancel) is { } still ? $"{CopyPlacing.Late(slot)}: {still}" : CopyPlacing.Late(slot));
            return words;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task TakeAsync(CancellationToken cancel)
    {
        try
        {
            _upkeep?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
        await _one.WaitAsync(cancel);
    }

    private static SlotOutcome Account(SlotsReport own, SlotsReport theirs)
    {
        var done = new List<string>();
        var left = new List<string>();
        foreach (var verdict in SlotRules.OnStandby(own, theirs).Where(v => theirs[v.Name] is not null || v.NotCarried is not null))
            if ((verdict.NotCarried ?? Unproven(verdict.Name, own, theirs)) is { } why)
                left.Add(CopyPlacing.Left(verdict.Name, why));
            else
                done.Add(Words(own[verdict.Name], theirs[verdict.Name]!));
        return new(done, left);
    }

    private static string Words(SlotFacts? copy, SlotFacts original) => $"{original.Name} at {copy?.ConfirmedFlush}"
        + (copy?.ConfirmedFlush < original.ConfirmedFlush ? $" (what follows up to {original.ConfirmedFlush} comes to its consumer again)" : "")
        + (original.Failover && copy is { Failover: false, Synced: false } ? " (without the mark failover, which no SQL on a standby can give it: ALTER_REPLICATION_SLOT does)" : "");

    private static string? Unproven(string slot, SlotsReport own, SlotsReport theirs) =>
        own[slot] is { Synced: false } copy ? SlotRules.Unproven(copy, theirs[slot]!, own, theirs) : null;

    private async Task<Answer<(SlotsReport Own, SlotsReport Theirs)>> LevelAsync(
        ISlotSource source, SlotsReport theirs, bool create, ulong piece, SlotPatience patience, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        var own = await reading.RunningAsync(cancel);
        if (own.IsOk && !create && theirs.Slots.Where(SlotRules.IsCarried).Max(s => s.ConfirmedFlush) is { } furthest && own.Value.Replay < furthest)
        {
            await ReplayedAsync(furthest, cancel);
            own = await reading.RunningAsync(cancel);
        }
        if (!own.IsOk)
            return own.Refusal;
        NoteLevel(own.Value, theirs);
        var doable = SlotRules.OnStandby(own.Value, theirs).Where(v => SlotState.IsValidName(v.Name) && (v.Task == SlotTask.Advance || (create && v.Task is SlotTask.Create or SlotTask.Drop))).ToArray();
        if (doable.Length == 0)
            return (own.Value, theirs);
        var problems = await changes.RunAsync(doable, own.Value, theirs, new(source, piece, Left), cancel);
        var after = await reading.RunningAsync(cancel);
        if (!after.IsOk)
            return after.Refusal;
        NoteLevel(after.Value, theirs);
        return (after.Value with { Problems = problems }, theirs);

        TimeSpan Left(bool safe) => (safe ? patience.Safe : patience.Needed) is var bound && bound == Timeout.InfiniteTimeSpan ? bound : bound - time.GetElapsedTime(begun);
    }

    /// <summary>A copy that its original has reached or passed is one from then on; a slot that is gone is none any more.</summary>
    private void NoteLevel(SlotsReport own, SlotsReport theirs)
    {
        copies.Only([.. own.Slots.Select(s => s.Name)]);
        foreach (var original in theirs.Slots.Where(SlotRules.IsCarried))
            if (own[original.Name] is { } copy && SlotRules.Remember(copy, original, own, theirs) is { } known)
                copies.Note(original.Name, known);
    }

    /// <summary>What the old primary's slots had confirmed has been received; replay may be a moment behind.</summary>
    private async Task ReplayedAsync(Lsn to, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return;
        var begun = time.GetTimestamp();
        await using var connection = await sql.OpenAsync(server, cancel);
        while (time.GetElapsedTime(begun) < ReplayWithin
            && Lsn.TryParse(await LocalSql.ScalarAsync(connection, "SELECT pg_last_wal_replay_lsn()::text", cancel), out var at) && at < to)
            await Task.Delay(Interval, time, cancel);
    }
}
