using System.Globalization;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Ends a primary at once without losing what it acknowledged (fact 14). Its postmaster is stopped, so that new sessions queue; every session that
/// can commit is ended; one commit of our own flushes all before it; then SIGQUIT.
/// </summary>
internal sealed class HandoverEnd(
    AgentOptions options, DataDirectory data, LocalSql sql, ServerStop fast, UnloggedTables unlogged, PostmasterPause pause, SessionEnd sessions, TimeProvider time)
{
    private static readonly TimeSpan SessionsWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FlushWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HoldAtMost = SessionsWithin + FlushWithin + TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);

    /// <param name="acceptUnlogged">Unlogged tables may be emptied.</param>
    /// <param name="refuse">Asked last, before anything is stopped.</param>
    /// <param name="cancel">Ends what comes before the stop.</param>
    internal async Task<StepResult> EndAsync(bool acceptUnlogged, Func<Task<Refusal?>> refuse, CancellationToken cancel)
    {
        var called = time.GetTimestamp();
        if (PostmasterPid.ReadReady(data.Root) is not { } server || ServerProcess.Open(server.Pid, data.Root) is not { } postmaster)
            return StepResult.Failed(Code.WrongState, $"{options.Node} does not run", "repeat the call: it is planned anew");
        using (postmaster)
        {
            var slowly = await SlowlyBecauseAsync(server, acceptUnlogged, cancel);
            var connection = await sql.OpenAsync(server, cancel);
            try
            {
                await LocalSql.ScalarAsync(connection, "CHECKPOINT", cancel); // the walk to its end of WAL begins there, while writes are interrupted
                pause.BeReady();
                var refusal = Frozen() ?? await refuse();
                return refusal is not null ? StepResult.Failed(refusal)
                    : slowly is { } reason ? Because(reason, await fast.RunAsync(untilShutDown: true, cancel))
                    : await EndAsync(postmaster, connection, called);
            }
            finally
            {
                await OneConnection.CloseAsync(connection, time);
            }
        }
    }

    private static StepResult Because(string reason, StepResult stopped) =>
        stopped.Failure is null ? stopped with { LastWriteAt = 0, Evidence = $"stopped fast, because {reason}; {stopped.Evidence}" } : stopped;

    private async Task<StepResult> EndAsync(ServerProcess postmaster, NpgsqlConnection connection, long called)
    {
        var begun = time.GetTimestamp();
        var quit = false;
        using var held = pause.Hold(postmaster, HoldAtMost);
        try
        {
            using var bound = new CancellationTokenSource(SessionsWithin, time);
            if (await sessions.RunAsync(postmaster, connection, bound.Token) is { } stuck)
                return StepResult.Failed(stuck);
            bound.CancelAfter(FlushWithin);
            // Without a token of its own, because a query is cancelled by way of the postmaster, which is stopped.
            if (await OneConnection.AnswerAsync(FlushAsync(connection), time, bound.Token) is not { } flushed)
                return StepResult.Failed(Code.StepFailed, $"what was acknowledged on {options.Node} could not be flushed", "writes go on; look at its disk");
            var last = time.GetElapsedTime(begun).TotalMilliseconds;
            quit = held.Signal(Linux.SigQuit);
            if (!quit)
                return StepResult.Failed(Code.StepFailed, $"the postmaster of {options.Node} was let go on too early: new sessions may have come in", "writes go on; repeat the call");
            held.Dispose();
            if (!await GoneAsync(postmaster))
                return StepResult.Failed(Code.StepFailed, "processes of the server are still there after an immediate shutdown", "look at them, and end them");
            return StepResult.Done(string.Create(CultureInfo.InvariantCulture,
                $"sessions ended and all flushed to {flushed} after {last:F1} ms, all processes gone after {time.GetElapsedTime(begun).TotalMilliseconds:F1} ms{Unarchived()}")) with
            { LastWriteAt = time.GetElapsedTime(called, begun).TotalMilliseconds }; // since the first session was ended
        }
        catch (Exception e) when (!quit && e is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            return StepResult.Failed(Code.StepFailed, $"the sessions of {options.Node} could not be ended in {SessionsWithin.TotalSeconds} s: {e.Message}", "writes go on; repeat the call");
        }
    }

    /// <summary>Segments that were filled since the first look. A standby does not archive them with archive_mode = on.</summary>
    private string Unarchived() => Ready().ToArray() is { Length: > 0 } ready ? $"; wait to be archived: {string.Join(", ", ready.Select(Path.GetFileNameWithoutExtension))}" : "";

    private IEnumerable<string> Ready() => Directory.EnumerateFiles(Path.Combine(data.WalFolder, "archive_status"), "*.ready");

    /// <summary>A frozen process cannot be ended by SIGTERM. It is looked for before writes are interrupted.</summary>
    private Refusal? Frozen() => ServerProcess.In(data.Root).Where(ServerProcess.IsFrozen).ToArray() is not { Length: > 0 } frozen ? null
        : new(Code.WrongState, $"processes of {options.Node} are stopped by a signal, or by a debugger, and cannot be ended: {string.Join(", ", frozen)}",
            $"let them go on (kill -CONT {string.Join(' ', frozen)}), then repeat the call");

    /// <summary>
    /// A commit of our own, flushed here, and with it everything that was acknowledged before, with synchronous_commit=off too. The commit
    /// must write WAL, because PostgreSQL does not wait for an empty one. Null if that is not seen to be so.
    /// </summary>
    private static async Task<string?> FlushAsync(NpgsqlConnection connection)
    {
        await LocalSql.ScalarAsync(connection, "SET synchronous_commit = local", CancellationToken.None);
        var written = await LocalSql.ScalarAsync(connection, "SELECT pg_current_wal_insert_lsn()::text", CancellationToken.None);
        await LocalSql.ScalarAsync(connection, "SELECT pg_logical_emit_message(true, 'pgha', 'hand over')::text", CancellationToken.None);
        var flushed = await LocalSql.ScalarAsync(connection, "SELECT pg_current_wal_flush_lsn()::text", CancellationToken.None);
        return Lsn.TryParse(written, out var all) && Lsn.TryParse(flushed, out var end) && end >= all ? flushed : null;
    }

    private async Task<bool> GoneAsync(ServerProcess postmaster)
    {
        var begun = time.GetTimestamp();
        if (!await postmaster.ExitAsync(GoneWithin, time, CancellationToken.None))
            return false;
        while (ServerProcess.LeftOf(postmaster.Pid, data.Root).Any())
        {
            if (time.GetElapsedTime(begun) > GoneWithin)
                return false;
            await Task.Delay(Interval, time, CancellationToken.None);
        }
        return true;
    }

    /// <summary>Why an immediate shutdown would do harm; null if it would not.</summary>
    private async Task<string?> SlowlyBecauseAsync(PostmasterPid server, bool acceptUnlogged, CancellationToken cancel)
    {
        await using var connection = await sql.OpenAsync(server, cancel);
        if (await LocalSql.ScalarAsync(connection, "SELECT (current_setting('archive_mode') <> 'off')::text", cancel) == "true"
            && Ready().Any())
            return "WAL waits to be archived";
        if (acceptUnlogged)
            return null;
        return await unlogged.FindAsync(server, connection, cancel) is { } found ? $"{found} and would be emptied (?unlogged=accept takes that on)" : null;
    }
}
