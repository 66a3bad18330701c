using System.Globalization;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>Whether the running standby is level with what it follows: nearly all is received and replayed, and nothing is in the way of the rest.</summary>
internal sealed class StandbyLevel(AgentOptions options, DataDirectory data, LocalSql sql, PostmasterPause pause, TimeProvider time)
{
    private const ulong NearlyLevel = 16UL << 20;
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private const string Query = """
        SELECT coalesce(latest_end_lsn, '0/0')::text, pg_last_wal_replay_lsn()::text, coalesce(pg_last_wal_receive_lsn(), '0/0')::text,
               (pg_is_wal_replay_paused() OR current_setting('recovery_min_apply_delay') <> '0')::text,
               EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'startup' AND wait_event = 'RecoveryWalStream')::text
          FROM (VALUES (1)) one LEFT JOIN pg_stat_wal_receiver ON status = 'streaming'
        """;

    /// <summary>Waits a moment for it to become level, and writes a restartpoint, so that its end of WAL is quickly found; null, or why it is not.</summary>
    /// <param name="flushed">
    /// What the primary had flushed a moment ago. It has to be received and replayed before anything is stopped, because a hung walreceiver
    /// reports an outdated end of WAL, and replay may wait for a session that reads here.
    /// </param>
    /// <param name="cancel">Ends the wait.</param>
    internal async Task<Refusal?> RunAsync(Lsn flushed, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return new(Code.WrongState, $"{options.Node} does not run", "start it first");
        pause.BeReady(); // the promotion needs it, and writes still go on
        await using var connection = await sql.OpenAsync(server, cancel);
        if (await BecomesLevelAsync(connection, flushed, cancel) is { } behind)
            return behind;
        await LocalSql.ScalarAsync(connection, "CHECKPOINT", cancel);
        return await BecomesLevelAsync(connection, flushed, cancel);
    }

    private async Task<Refusal?> BecomesLevelAsync(NpgsqlConnection connection, Lsn flushed, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var (end, replayed, received, held, allReplayed) = await AskAsync(connection, cancel);
            var behind = end > replayed ? end - replayed : 0;
            if (held && behind > 0)
                return new(Code.WrongState, $"replay is held back on {options.Node} (paused, or recovery_min_apply_delay): {behind} bytes would have to be replayed first",
                    "SELECT pg_wal_replay_resume() there, set the delay to 0, or switch over by restart");
            if (end.IsValid && behind <= NearlyLevel && received >= flushed && (allReplayed || replayed >= flushed))
                return null;
            if (time.GetElapsedTime(begun) > Within)
                return await RecoveryConflict.NameAsync(connection, cancel) is { } sessions ? InTheWay(sessions, replayed, flushed)
                    : new(Code.WrongState, Why(end, behind, received, replayed, flushed), "wait until it has caught up (GET lsn/all), or look at the network");
            await Task.Delay(Interval, time, cancel);
        }
    }

    private Refusal InTheWay(string sessions, Lsn replayed, Lsn flushed) =>
        new(Code.WrongState, string.Create(CultureInfo.InvariantCulture,
            $"{options.Node} has replayed WAL to {replayed} only, not to {flushed}, after {Within.TotalSeconds} s: a recovery conflict, replay waits for {sessions}"),
            "end the query there (pg_terminate_backend), or wait until it is over; max_standby_streaming_delay there says how long replay waits");

    private string Why(Lsn end, ulong behind, Lsn received, Lsn replayed, Lsn flushed) => $"{options.Node} "
        + (!end.IsValid ? "does not stream"
        : behind > NearlyLevel ? string.Create(CultureInfo.InvariantCulture, $"is {behind >> 20} MB behind after {Within.TotalSeconds} s")
        : received >= flushed ? string.Create(CultureInfo.InvariantCulture, $"has replayed WAL to {replayed} only, not to {flushed}, after {Within.TotalSeconds} s")
        : string.Create(CultureInfo.InvariantCulture, $"has received WAL to {received} only, not to {flushed}, after {Within.TotalSeconds} s: its walreceiver hangs"));

    /// <summary>
    /// All is replayed also if replay waits for more WAL, because what the primary has flushed may end within a record, whose rest follows only
    /// with the next commit.
    /// </summary>
    private static async Task<(Lsn End, Lsn Replayed, Lsn Received, bool Held, bool AllReplayed)> AskAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Query, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (Lsn.Parse(reader.GetString(0)), Lsn.Parse(reader.GetString(1)), Lsn.Parse(reader.GetString(2)), reader.GetString(3) == "true", reader.GetString(4) == "true");
    }
}
