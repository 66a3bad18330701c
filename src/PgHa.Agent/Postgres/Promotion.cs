using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Promotes the running standby by the trigger file and SIGUSR1, as pg_promote() does, without its 100 ms polling (fact 16).
/// </summary>
internal sealed class Promotion(DataDirectory data, LocalSql sql, StartupNudge nudge, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);

    internal async Task<StepResult> RunAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return StepResult.Failed(new(Code.NotInRecovery, "the server does not run", "start it first"), neverWritable: true);
        using var postmaster = ServerProcess.Open(server.Pid, data.Root);
        await using var connection = await sql.OpenAsync(server, cancel);
        using var startup = await nudge.FindAsync(connection, cancel);
        await File.WriteAllBytesAsync(Path.Combine(data.Root, "promote"), [], cancel);
        if (postmaster?.Signal(Linux.SigUsr1) != true)
            return StepResult.Failed(new(Code.StepFailed, "the server ended before it could be promoted", "look at its log"), neverWritable: true);
        var begun = time.GetTimestamp();
        while (await LocalSql.ScalarAsync(connection, "SELECT pg_is_in_recovery()::text", cancel) != "false")
        {
            if (time.GetElapsedTime(begun) > Bound)
                return StepResult.Failed(Code.StepFailed, $"the server is still in recovery {Bound.TotalMinutes} minutes after it was told to promote",
                    "it may replay a backlog (recovery_min_apply_delay) or wait for restore_command: look at its log");
            if (time.GetElapsedTime(begun) > Patience)
                StartupNudge.Wake(startup);
            await Task.Delay(Interval, time, cancel);
        }
        var file = await LocalSql.ScalarAsync(connection, "SELECT pg_walfile_name(pg_current_wal_insert_lsn())", cancel);
        return StepResult.Done($"accepts writes on timeline {Convert.ToUInt32(file![..8], 16)}");
    }
}
