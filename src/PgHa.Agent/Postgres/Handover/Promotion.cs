using Npgsql;
using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Promotes the running standby by the trigger file and a signal to its startup process, as pg_promote() has the postmaster do, without
/// its 100 ms polling (fact 16). New sessions wait meanwhile: clients that look for the new primary again and again would take the
/// processor from it, and find it read-only.
/// </summary>
internal sealed class Promotion(DataDirectory data, LocalSql sql, StartupNudge nudge, PostmasterPause pause, PromotionMark mark, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest pause, whatever its processes do, because an operator must be able to look at the server.</summary>
    private static readonly TimeSpan HoldAtMost = TimeSpan.FromSeconds(2);

    /// <summary>A server whose startup process has failed ends, and kills what does not end by itself after 5 s.</summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);

    internal async Task<StepResult> RunAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return StepResult.Failed(new(Code.NotInRecovery, "the server does not run", "start it first"), neverWritable: true);
        await using var connection = await sql.OpenAsync(server, cancel);
        return await RunAsync(server, connection, cancel);
    }

    /// <summary>The same, over a session that is open.</summary>
    internal async Task<StepResult> RunAsync(PostmasterPid server, NpgsqlConnection connection, CancellationToken cancel)
    {
        using var postmaster = ServerProcess.Open(server.Pid, data.Root);
        using var startup = await nudge.FindAsync(connection, cancel);
        if (postmaster is not null && startup is null && await AcceptsWritesAsync(connection, cancel))
            return await PromotedAsync(connection); // it was told before, and is promoted only now
        if (postmaster is null || startup is null)
            return StepResult.Failed(new(Code.StepFailed, "the server ended before it could be promoted, or is not in recovery", "look at its log"), neverWritable: true);
        using var held = pause.Hold(postmaster, HoldAtMost);
        Tell(server, startup);
        // Cannot be cancelled from here on: a promotion cannot be taken back.
        try
        {
            return await ObeysAsync(connection, startup, held, CancellationToken.None) ?? await PromotedAsync(connection);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException && !startup.Alive)
        {
            // It failed to promote (a full disk), or was promoted and only the session ended. The caller decides next whether to undo.
            // A server that is about to end must have ended by then.
            held.Dispose();
            await postmaster.ExitAsync(EndsWithin, time, CancellationToken.None);
            throw;
        }
    }

    private async Task<StepResult> PromotedAsync(NpgsqlConnection connection)
    {
        mark.Clear();
        return StepResult.Done($"accepts writes on timeline {await TimelineAsync(connection, CancellationToken.None)}");
    }

    /// <summary>
    /// If the files cannot be written, it is not told at all. The mark is set before the trigger file and removed after it, because the trigger
    /// file alone can promote: a postmaster that goes on finds it.
    /// </summary>
    private void Tell(PostmasterPid server, ServerProcess startup)
    {
        mark.Set(server);
        try
        {
            File.WriteAllBytes(mark.Trigger, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(mark.Trigger);
            mark.Clear();
            throw;
        }
        startup.Signal(Linux.SigUsr2);
    }

    /// <summary>Null when it accepts writes.</summary>
    private async Task<StepResult?> ObeysAsync(NpgsqlConnection connection, ServerProcess startup, PostmasterPause.Held held, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (!await AcceptsWritesAsync(connection, cancel))
        {
            var waited = time.GetElapsedTime(begun);
            if (waited > Bound)
                return StepResult.Failed(Code.StepFailed, $"the server is still in recovery {Bound.TotalMinutes} minutes after it was told to promote",
                    "it may replay a backlog (recovery_min_apply_delay) or wait for restore_command: look at its log");
            if (!startup.Alive)
                held.Dispose(); // a postmaster that is stopped does not see the end of its processes
            if (waited > Patience)
                StartupNudge.Wake(startup);
            await Task.Delay(Interval, time, cancel);
        }
        return null;
    }

    private static async Task<bool> AcceptsWritesAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        await LocalSql.ScalarAsync(connection, "SELECT pg_is_in_recovery()::text", cancel) == "false";

    private static async Task<uint> TimelineAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        Convert.ToUInt32((await LocalSql.ScalarAsync(connection, "SELECT pg_walfile_name(pg_current_wal_insert_lsn())", cancel))![..8], 16);
}
