using System.Globalization;
using System.Net.Sockets;
using System.Reflection;
using Npgsql;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>What people ask of the local node and no decision needs: asked when somebody looks, with a session of its own.</summary>
internal sealed class StatusReading(DataDirectory data, LocalSql sql, TimeProvider time)
{
    private const string Query = """
        SELECT (SELECT string_agg(name, ' ' ORDER BY name) FROM pg_settings WHERE pending_restart),
               CASE WHEN pg_is_in_recovery() THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::text END,
               (SELECT string_agg(concat_ws(chr(9), s.application_name, s.sync_state, greatest(0, pg_wal_lsn_diff(at.lsn, s.flush_lsn))::bigint,
                       greatest(0, pg_wal_lsn_diff(at.lsn, s.replay_lsn))::bigint, coalesce(extract(epoch FROM s.replay_lag)::text, '')), chr(10))
                  FROM pg_stat_replication s JOIN pg_stat_activity a USING (pid) WHERE a.datid IS NULL AND s.replay_lsn IS NOT NULL),
               (SELECT string_agg(concat_ws(chr(9), slot_name, slot_type, active::text, coalesce(greatest(0, pg_wal_lsn_diff(at.lsn, restart_lsn))::bigint::text, ''), coalesce(wal_status, ''),
                       coalesce(translate(database, chr(9) || chr(10), '??'), '')), chr(10) ORDER BY slot_name)
                  FROM pg_replication_slots WHERE NOT temporary)
          FROM (SELECT CASE WHEN pg_is_in_recovery() THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_flush_lsn() END AS lsn) at
        """;

    private static readonly TimeSpan Within = TimeSpan.FromMilliseconds(900);

    private static readonly string Version = typeof(StatusReading).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>What a running server says beside what was seen. One that does not answer in time leaves it unknown.</summary>
    internal async Task<NodeStatus> ReadAsync(NodeObservation seen, CancellationToken cancel)
    {
        var status = new NodeStatus { Seen = seen, Version = Version };
        if (seen.Server != ServerStatus.Running || PostmasterPid.ReadReady(data.Root) is not { } server)
            return status;
        using var late = new CancellationTokenSource(Within, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        NpgsqlConnection? connection = null;
        try
        {
            connection = await sql.OpenForObservingAsync(server, bound.Token);
            await using var command = new NpgsqlCommand(Query, connection);
            await using var reader = await command.ExecuteReaderAsync(bound.Token);
            await reader.ReadAsync(bound.Token);
            return status with
            {
                PendingRestart = (Text(reader, 0) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries),
                ReplayedAgo = Text(reader, 1) is { } ago ? Seconds(ago) : null,
                Standbys = [.. Lines(reader, 2).Select(Standby)],
                Slots = [.. Lines(reader, 3).Select(Slot)],
            };
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or IOException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return status;
        }
        finally
        {
            if (connection is not null)
                await OneConnection.CloseAsync(connection, time); // its question may be unanswered
        }
    }

    private static AttachedStandby Standby(string[] f) => new(f[0], f[1], Number(f[2]), Number(f[3]), f[4].Length > 0 ? Seconds(f[4]) : null);

    private static SlotStanding Slot(string[] f) => new(f[0], f[1] == "logical", f[2] == "true", f[3].Length > 0 ? Number(f[3]) : null, f[4].Length > 0 ? f[4] : null, f[5].Length > 0 ? f[5] : null);

    private static IEnumerable<string[]> Lines(NpgsqlDataReader reader, int column) => (Text(reader, column) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'));

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static double Seconds(string text) => Math.Round(Math.Max(0, double.Parse(text, CultureInfo.InvariantCulture)), 3);

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
