using System.Collections.Concurrent;
using Npgsql;
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
internal sealed class SlotLevelling(DataDirectory data, LocalSql sql, SlotReading reading, SlotCopies copies, TimeProvider time) : IDisposable
{
    /// <summary>So much WAL at once in the regular upkeep: it must be able to stop between two pieces.</summary>
    private const ulong Piece = 128UL << 20;

    private static readonly TimeSpan CreateWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ReplayWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan SnapshotInterval = TimeSpan.FromMilliseconds(200);
    private readonly SemaphoreSlim _one = new(1);
    private readonly ConcurrentDictionary<string, string> _problems = new();
    private volatile CancellationTokenSource? _upkeep;

    public void Dispose() => _one.Dispose();

    /// <summary>For the regular upkeep, and for an operator: everything, in pieces, until a role change needs the slots.</summary>
    internal async Task<Answer<(SlotsReport Own, SlotsReport Theirs)>> KeepAsync(INode source, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        using var yielding = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _upkeep = yielding;
        try
        {
            var theirs = await source.SlotsAsync(yielding.Token);
            return theirs.IsOk ? await LevelAsync(source, theirs.Value, create: true, Piece, SlotPatience.Endless, yielding.Token) : theirs.Refusal;
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
    internal async Task<SlotOutcome> RunAsync(INode source, SlotsReport theirs, SlotPatience patience, CancellationToken cancel)
    {
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
    /// The server is about to become primary: the regular upkeep ends, and a copy that was made later than its consumer stands goes, for
    /// the consumer would go on from it and miss what lies between.
    /// </summary>
    /// <returns>The slots that went, or should have gone, in words.</returns>
    internal async Task<IReadOnlyList<string>> BeforePromotionAsync(CancellationToken cancel)
    {
        await TakeAsync(cancel);
        try
        {
            if (copies.NotLevel() is not { Count: > 0 } late || PostmasterPid.ReadReady(data.Root) is not { } server)
                return [];
            await using var connection = await sql.OpenAsync(server, cancel);
            var words = new List<string>();
            foreach (var slot in late)
                words.Add(await DropLateAsync(connection, slot, cancel));
            return words;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<string> DropLateAsync(NpgsqlConnection connection, string slot, CancellationToken cancel)
    {
        try
        {
            await SlotSql.DropAsync(connection, slot, cancel);
            copies.Note(slot, null);
            return SlotPlacing.Late(slot);
        }
        catch (PostgresException e)
        {
            return $"{SlotPlacing.Late(slot)}: {e.MessageText}";
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
                left.Add(SlotPlacing.Left(verdict.Name, why));
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
        INode source, SlotsReport theirs, bool create, ulong piece, SlotPatience patience, CancellationToken cancel)
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
        _problems.Clear();
        if (!await ActAsync(own.Value, theirs, source, create, piece, Left, cancel))
            return (own.Value, theirs);
        var after = await reading.RunningAsync(cancel);
        if (!after.IsOk)
            return after.Refusal;
        NoteLevel(after.Value, theirs);
        return (after.Value with { Problems = new Dictionary<string, string>(_problems) }, theirs);

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

    /// <summary>Slots of one database share a session; databases are worked on at the same time.</summary>
    private async Task<bool> ActAsync(SlotsReport own, SlotsReport theirs, INode source, bool create, ulong piece, Func<bool, TimeSpan> left, CancellationToken cancel)
    {
        var doable = SlotRules.OnStandby(own, theirs).Where(v => SlotState.IsValidName(v.Name)).Where(v => v.Task == SlotTask.Advance || (create && v.Task is SlotTask.Create or SlotTask.Drop)).ToArray();
        await Task.WhenAll(doable.GroupBy(v => own[v.Name]?.Database ?? theirs[v.Name]?.Database ?? "postgres").Select(async group =>
        {
            await using var connection = await OpenAsync(group.Key, group, cancel);
            foreach (var verdict in connection is null ? [] : group.OrderBy(IsSafeAsItIs).ToArray())
                if (await BoundAsync(connection!, left(IsSafeAsItIs(verdict)), cancel))
                    await ActAsync(connection!, verdict, own[verdict.Name], theirs, source, piece, cancel);
        }));
        return doable.Length > 0;

        bool IsSafeAsItIs(SlotVerdict v) => v.Task == SlotTask.Advance && SlotRules.Unproven(own[v.Name]!, theirs[v.Name]!, own, theirs) is null;
    }

    /// <summary>A session in the slots' database; null where it lets nobody in, which is then what keeps these slots where they are.</summary>
    private async Task<NpgsqlConnection?> OpenAsync(string database, IEnumerable<SlotVerdict> slots, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return null;
        try
        {
            return await sql.OpenAsync(server, cancel, database);
        }
        catch (PostgresException e)
        {
            foreach (var slot in slots)
                _problems[slot.Name] = $"database {database}: {e.MessageText}";
            return null;
        }
    }

    /// <summary>The server itself ends a statement that takes longer than writes may wait for it; false where no time is left.</summary>
    private static async Task<bool> BoundAsync(NpgsqlConnection connection, TimeSpan left, CancellationToken cancel)
    {
        if (left == Timeout.InfiniteTimeSpan)
            return true;
        if (left < TimeSpan.FromMilliseconds(1))
            return false;
        await LocalSql.ScalarAsync(connection, $"SET statement_timeout = {(int)left.TotalMilliseconds}", cancel);
        return true;
    }

    private async Task ActAsync(NpgsqlConnection connection, SlotVerdict verdict, SlotFacts? copy, SlotsReport theirs, INode source, ulong piece, CancellationToken cancel)
    {
        try
        {
            switch (verdict.Task)
            {
                case SlotTask.Advance:
                    await AdvanceAsync(connection, verdict, copy!.ConfirmedFlush!.Value, piece, cancel);
                    break;
                case SlotTask.Drop:
                    await SlotSql.DropAsync(connection, verdict.Name, cancel);
                    copies.Note(verdict.Name, null);
                    break;
                case SlotTask.Create:
                    await CreateAsync(connection, theirs[verdict.Name]!, source, cancel);
                    break;
            }
        }
        catch (PostgresException e)
        {
            _problems[verdict.Name] = e.MessageText; // what the slot is afterwards is read again, and said with this
        }
    }

    private static async Task AdvanceAsync(NpgsqlConnection connection, SlotVerdict verdict, Lsn from, ulong piece, CancellationToken cancel)
    {
        for (var at = from; at < verdict.To;)
        {
            cancel.ThrowIfCancellationRequested();
            at = verdict.To - at > piece ? at + piece : verdict.To;
            await SlotSql.AdvanceAsync(connection, verdict.Name, at, cancel);
        }
    }

    /// <summary>It begins where the primary tells which transactions run; on an idle primary it is asked to.</summary>
    private async Task CreateAsync(NpgsqlConnection connection, SlotFacts like, INode source, CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(CreateWithin);
        await LocalSql.ScalarAsync(connection, $"SET statement_timeout = '{CreateWithin.TotalSeconds}s'", cancel); // no one is left waiting there when we have gone
        var made = SlotSql.CreateAsync(connection, like, bounded.Token);
        while (!made.IsCompleted)
        {
            await source.LogRunningTransactionsAsync(cancel);
            await Task.WhenAny(made, Task.Delay(SnapshotInterval, time, cancel));
        }
        if (await made is { Length: > 0 })
            copies.Note(like.Name, new(source.Name, Level: false));
    }

    /// <summary>What the old primary's slots had confirmed has been received; replay may be a moment behind.</summary>
    private async Task ReplayedAsync(Lsn to, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return;
        await using var connection = await sql.OpenAsync(server, cancel);
        var begun = time.GetTimestamp();
        while (time.GetElapsedTime(begun) < ReplayWithin
            && Lsn.TryParse(await LocalSql.ScalarAsync(connection, "SELECT pg_last_wal_replay_lsn()::text", cancel), out var at) && at < to)
            await Task.Delay(Interval, time, cancel);
    }
}
