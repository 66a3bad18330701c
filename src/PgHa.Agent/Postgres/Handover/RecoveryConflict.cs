using Npgsql;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Replay of a standby that waits for sessions which read there what it is to take away. By default that lasts 30 s
/// (max_standby_streaming_delay, max_standby_archive_delay), at -1 as long as they read.
/// </summary>
internal static class RecoveryConflict
{
    /// <summary>
    /// The sessions whose end lets replay go on: those with a snapshot, or with a lock on the same table. (pg_blocking_pids knows nothing
    /// of the startup process.) Which one holds a page, or writes to a tablespace that is dropped, is not told: then all within a
    /// transaction. A session outside of one blocks nothing. One that has only just begun a transaction, or is ours, is not what
    /// replay has been waiting for.
    /// </summary>
    private const string Sessions = """
        FROM pg_stat_activity startup JOIN pg_stat_activity session ON session.datid IS NOT NULL AND session.xact_start IS NOT NULL
         WHERE startup.backend_type = 'startup' AND session.backend_type <> 'walsender' AND session.pid <> pg_backend_pid() AND session.application_name <> 'pgha'
           AND session.xact_start < clock_timestamp() - interval '50 milliseconds'
           AND CASE WHEN startup.wait_event = 'RecoveryConflictSnapshot' THEN session.backend_xmin IS NOT NULL
                    WHEN startup.wait_event_type = 'Lock' THEN EXISTS (SELECT FROM pg_locks waiting JOIN pg_locks held USING (locktype, database, relation)
                         WHERE waiting.pid = startup.pid AND NOT waiting.granted AND held.pid = session.pid AND held.granted)
                    ELSE startup.wait_event LIKE 'RecoveryConflict%' OR startup.wait_event_type = 'BufferPin' END
        """;

    private const string Named = "'session ' || session.pid || coalesce(' of ' || session.usename, '')";

    /// <summary>Which sessions it waits for, in words; null if it waits for none.</summary>
    internal static Task<string?> NameAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        TextAsync(connection, $"SELECT string_agg({Named}, ', ') {Sessions}", cancel);

    /// <summary>Tells them to end, whatever they do; which ones, in words.</summary>
    internal static async Task<string[]> EndAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        await TextAsync(connection, $"SELECT string_agg(CASE WHEN pg_terminate_backend(session.pid) THEN {Named} END, ',') {Sessions}", cancel) is { } ended ? ended.Split(',') : [];

    private static async Task<string?> TextAsync(NpgsqlConnection connection, string sql, CancellationToken cancel) =>
        await LocalSql.ScalarAsync(connection, sql, cancel) is { Length: > 0 } text ? text : null;
}
