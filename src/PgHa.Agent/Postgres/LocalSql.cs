using System.Globalization;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Formats;
using PgHa.Formats.Control;

namespace PgHa.Agent.Postgres;

/// <summary>SQL on the local server, over the socket and port that postmaster.pid names.</summary>
internal sealed class LocalSql(AgentOptions options)
{
    private const string ObserveQuery = """
        SELECT pg_is_in_recovery(),
               CASE WHEN pg_is_in_recovery() THEN NULL ELSE substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END,
               CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_flush_lsn()::text END,
               pg_last_wal_replay_lsn()::text, pg_last_wal_receive_lsn()::text,
               r.status, r.sender_host, r.sender_port, r.received_tli::text,
               (SELECT string_agg(s.application_name, chr(10)) FROM pg_stat_replication s JOIN pg_stat_activity a USING (pid)
                 WHERE a.datid IS NULL AND s.state IN ('startup', 'catchup', 'streaming') AND s.replay_lsn IS NOT NULL),
               current_setting('max_slot_wal_keep_size'), current_setting('synchronous_standby_names'),
               (SELECT string_agg(concat_ws(' ', slot_name, active::text, coalesce(restart_lsn::text, '-'), coalesce(wal_status, '-'), coalesce(greatest(0, pg_wal_lsn_diff(
                   CASE WHEN pg_is_in_recovery() THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_lsn() END, restart_lsn))::bigint, 0)::text), ';')
                  FROM pg_replication_slots WHERE slot_type = 'physical' AND NOT temporary),
               current_setting('synchronized_standby_slots', true),
               CASE WHEN pg_is_in_recovery() THEN concat_ws(' ', pg_is_wal_replay_paused()::text, (current_setting('restore_command') <> '')::text,
                   (current_setting('recovery_end_command') <> '')::text, current_setting('recovery_min_apply_delay'), current_setting('max_connections'), current_setting('max_prepared_transactions'),
                   current_setting('max_locks_per_transaction'), current_setting('max_worker_processes'), current_setting('max_wal_senders')) END,
               current_setting('primary_conninfo'), current_setting('cluster_name'), r.slot_name,
               CASE WHEN pg_is_in_recovery() THEN (SELECT max(pid) FROM pg_stat_activity
                 WHERE backend_type = 'walreceiver' AND lower(wait_event) IN ('libpqwalreceiverconnect', 'libpqwalreceiverreceive')) END
          FROM (VALUES (1)) one LEFT JOIN pg_stat_wal_receiver r ON true
        """;

    /// <summary>A connection for work that may take its time; the caller bounds it.</summary>
    internal async Task<NpgsqlConnection> OpenAsync(PostmasterPid server, CancellationToken cancel, string? database = null)
    {
        return await OneConnection.OpenAsync(ConnectionString(server, commandTimeout: 0, database), cancel);
    }

    /// <summary>A connection for observing: short deadlines, and a server that hangs is left alone instead of asked to cancel.</summary>
    internal async Task<NpgsqlConnection> OpenForObservingAsync(PostmasterPid server, CancellationToken cancel)
    {
        return await OneConnection.OpenAsync(ConnectionString(server, commandTimeout: 1), cancel);
    }

    /// <summary>Asks an open connection what the server is.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="control">Its control file, which says what its replay asks for; null if it cannot be read.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal static async Task<SqlFacts> ObserveAsync(NpgsqlConnection connection, ControlFile? control, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ObserveQuery, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var standbys = Text(reader, 9)?.Split('\n') ?? [];
        var timeline = Text(reader, 1) is { } hex ? uint.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : Text(reader, 8) is { } received ? uint.Parse(received, CultureInfo.InvariantCulture) : (uint?)null;
        var slots = Slots(Text(reader, 12) ?? "");
        return new()
        {
            InRecovery = reader.GetBoolean(0),
            Timeline = timeline is { } id ? new TimelineId(id) : null,
            Flush = Position(reader, 2),
            Replay = Position(reader, 3),
            Receive = Position(reader, 4), // asked after the replayed position, because all that is replayed was received first, except what is fetched again
            Streaming = Text(reader, 5) == "streaming" && reader.IsDBNull(18), // it has this status from its first connection on
            UpstreamHost = Text(reader, 6),
            UpstreamPort = reader.IsDBNull(7) ? null : reader.GetInt32(7),
            UpstreamSlot = Text(reader, 17),
            UnansweredReceiver = reader.IsDBNull(18) ? null : reader.GetInt32(18), // from 17 on the wait events are spelled differently
            AttachedStandbys = standbys.Length,
            StandbyNames = standbys,
            MaxSlotWalKeepSize = Text(reader, 10),
            SynchronousStandbyNames = Text(reader, 11),
            Slots = [.. slots.Where(s => s.Name.StartsWith(SlotName.Prefix, StringComparison.Ordinal))],
            OtherSlots = [.. slots.Where(s => !s.Name.StartsWith(SlotName.Prefix, StringComparison.Ordinal))],
            SynchronizedStandbySlots = Text(reader, 13),
            AnnouncedName = StandbyNames.Announced(ConnInfo.Parse(Text(reader, 15) ?? "")?["application_name"], Text(reader, 16) ?? ""),
            Held = Text(reader, 14)?.Split(' ') is [var paused, var asks, var ends, var delay, .. var limits]
                ? new(paused == "true", asks == "true", ends == "true", delay == "0" ? null : delay) { Short = ReplayLimits.Short(limits, control) }
                : null,
        };
    }

    /// <summary>Runs one statement and returns its first value as text.</summary>
    internal static async Task<string?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync(cancel))?.ToString();
    }

    private string ConnectionString(PostmasterPid server, int commandTimeout, string? database = null) => new NpgsqlConnectionStringBuilder
    {
        Host = server.SocketDirectory ?? server.ListenAddress ?? "127.0.0.1",
        Port = server.Port ?? 5432,
        Username = options.Postgres.Superuser,
        Database = database ?? options.Postgres.Database,
        Options = SessionSettings.Options,
        Passfile = options.Postgres.Passfile,
        ApplicationName = "pgha",
        Pooling = false,
        Timeout = 2,
        CommandTimeout = commandTimeout,
        CancellationTimeout = -1,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static PhysicalSlotFacts[] Slots(string text) =>
    [
        .. text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(slot => slot.Split(' ')).Select(f =>
            new PhysicalSlotFacts(f[0], f[1] == "true", ulong.Parse(f[4], CultureInfo.InvariantCulture), Lsn.TryParse(f[2], out var restart) ? restart : null, f[3] == "-" ? null : f[3])),
    ];

    private static Lsn? Position(NpgsqlDataReader reader, int column) => Text(reader, column) is { } text ? Lsn.Parse(text) : null;
}
