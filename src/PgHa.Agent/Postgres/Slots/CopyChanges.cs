using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>Advances, makes and drops copies of slots on this running standby. What fails is said of its slot, and fails nothing else.</summary>
internal sealed partial class CopyChanges(AgentOptions options, DataDirectory data, LocalSql sql, LogicalCopyNotes copies, TimeProvider time, ILogger<CopyChanges> log)
{
    private static readonly TimeSpan CreateWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SnapshotInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Slots of one database share a session; databases are worked on at the same time.</summary>
    /// <param name="verdicts">What is to be done.</param>
    /// <param name="own">The standby's slots.</param>
    /// <param name="theirs">Those of the primary.</param>
    /// <param name="terms">How.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>What failed, by slot.</returns>
    internal async Task<IReadOnlyDictionary<string, string>> RunAsync(IReadOnlyList<SlotVerdict> verdicts, SlotsReport own, SlotsReport theirs, SlotTerms terms, CancellationToken cancel)
    {
        var problems = new ConcurrentDictionary<string, string>();
        await Task.WhenAll(verdicts.GroupBy(v => own[v.Name]?.Database ?? theirs[v.Name]?.Database ?? options.Postgres.Database).Select(async group =>
        {
            NpgsqlConnection? session = null;
            foreach (var verdict in group.OrderBy(Order))
                session = await OneAsync(session, group.Key, verdict, own[verdict.Name], theirs[verdict.Name], terms, Order(verdict) > 0, problems, cancel);
            await (session?.DisposeAsync() ?? ValueTask.CompletedTask);
        }));
        return problems;

        // What is not carried otherwise first, what may wait long last.
        int Order(SlotVerdict v) => v.Task switch
        {
            SlotTask.Create => 2,
            SlotTask.Advance when SlotRules.Unproven(own[v.Name]!, theirs[v.Name]!, own, theirs) is null => 1,
            _ => 0,
        };
    }

    /// <summary>Drops a copy; null, or why it is still there.</summary>
    internal async Task<string?> DropAsync(string slot, CancellationToken cancel)
    {
        try
        {
            if (PostmasterPid.ReadReady(data.Root) is not { } server)
                return "the server does not accept connections";
            await using var session = await sql.OpenAsync(server, cancel);
            await DropAsync(session, slot, "it was made later than its consumer stands", cancel);
            return null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            copies.Note(slot, null);
            return null;
        }
        catch (Exception e) when (IsFailure(e, cancel))
        {
            return e.Message;
        }
    }

    /// <summary>The session for the next one: an error may have ended it.</summary>
    private async Task<NpgsqlConnection?> OneAsync(
        NpgsqlConnection? session, string database, SlotVerdict verdict, SlotFacts? copy, SlotFacts? original, SlotTerms terms, bool safe, ConcurrentDictionary<string, string> problems, CancellationToken cancel)
    {
        try
        {
            if (session is not { State: System.Data.ConnectionState.Open })
            {
                await (session?.DisposeAsync() ?? ValueTask.CompletedTask);
                session = null;
                if (PostmasterPid.ReadReady(data.Root) is not { } server)
                    return null;
                session = await sql.OpenAsync(server, cancel, database);
            }
            if (await BoundAsync(session, terms.Left(safe), cancel))
                await ActAsync(session, verdict, copy, original, terms, cancel);
        }
        catch (Exception e) when (IsFailure(e, cancel))
        {
            problems[verdict.Name] = e is PostgresException said ? said.MessageText : e.Message; // what the slot is afterwards is read again, and said with this
        }
        return session;
    }

    private static bool IsFailure(Exception e, CancellationToken cancel) =>
        e is NpgsqlException or SocketException or IOException or TimeoutException || (e is OperationCanceledException && !cancel.IsCancellationRequested);

    /// <summary>The server itself ends a statement that takes longer than writes may wait for it; false if no time is left.</summary>
    private static async Task<bool> BoundAsync(NpgsqlConnection session, TimeSpan left, CancellationToken cancel)
    {
        if (left == Timeout.InfiniteTimeSpan)
            return true;
        if (left < TimeSpan.FromMilliseconds(1))
            return false;
        await LocalSql.ScalarAsync(session, $"SET statement_timeout = {(int)left.TotalMilliseconds}", cancel);
        return true;
    }

    private Task ActAsync(NpgsqlConnection session, SlotVerdict verdict, SlotFacts? copy, SlotFacts? original, SlotTerms terms, CancellationToken cancel) => verdict.Task switch
    {
        SlotTask.Advance => AdvanceAsync(session, verdict, copy!.ConfirmedFlush!.Value, terms.Piece, cancel),
        SlotTask.Create => CreateAsync(session, original!, terms.Source, cancel),
        _ => DropAsync(session, verdict.Name, verdict.Why, cancel),
    };

    private async Task DropAsync(NpgsqlConnection session, string slot, string why, CancellationToken cancel)
    {
        await SlotSql.DropAsync(session, slot, cancel);
        copies.Note(slot, null);
        LogDropped(slot, why);
    }

    private static async Task AdvanceAsync(NpgsqlConnection session, SlotVerdict verdict, Lsn from, ulong piece, CancellationToken cancel)
    {
        for (var at = from; at < verdict.To;)
        {
            cancel.ThrowIfCancellationRequested();
            at = verdict.To - at > piece ? at + piece : verdict.To;
            await SlotSql.AdvanceAsync(session, verdict.Name, at, cancel);
        }
    }

    /// <summary>
    /// It begins where the primary tells which transactions run; on an idle primary it is asked to. It is noted before it exists, because an
    /// agent or a session that ends meanwhile must not leave a slot that is not known to begin too late.
    /// </summary>
    private async Task CreateAsync(NpgsqlConnection session, SlotFacts like, ISlotSource source, CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(CreateWithin + SnapshotInterval);
        await LocalSql.ScalarAsync(session, $"SET statement_timeout = '{CreateWithin.TotalSeconds}s'", cancel); // so that the server does not go on waiting when we have gone
        copies.Note(like.Name, new(source.Name, Level: false));
        var made = SlotSql.CreateAsync(session, like, bounded.Token);
        while (!made.IsCompleted)
        {
            await source.LogRunningTransactionsAsync(cancel);
            await Task.WhenAny(made, Task.Delay(SnapshotInterval, time, cancel));
        }
        try
        {
            await made;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateObject)
        {
            copies.Note(like.Name, null); // somebody else's
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "the copy of slot {Slot} was dropped: {Why}")]
    private partial void LogDropped(string slot, string why);
}

/// <summary>How copies of slots are worked on.</summary>
/// <param name="Source">The node whose slots they follow.</param>
/// <param name="Piece">So many bytes of WAL at once.</param>
/// <param name="Left">The time that is left for one that is safe where it stands, and for one that is not.</param>
internal sealed record SlotTerms(ISlotSource Source, ulong Piece, Func<bool, TimeSpan> Left);
