using System.Globalization;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>Replication slots of the running local server by SQL, whatever its major version.</summary>
internal sealed class SlotSql(AgentOptions options, LocalSql sql)
{
    /// <summary>Columns that only newer majors have are asked for by way of JSON.</summary>
    private const string Query = """
        SELECT slot_name::text, plugin::text, coalesce(datoid, 0)::text, database::text, temporary::text, active_pid::text, xmin::text, catalog_xmin::text,
               restart_lsn::text, confirmed_flush_lsn::text, wal_status, coalesce(j ->> 'two_phase', 'false'), coalesce(j ->> 'failover', 'false'),
               coalesce(j ->> 'synced', 'false'), j ->> 'invalidation_reason', j ->> 'conflicting',
               pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END, restart_lsn)::text
          FROM (SELECT s.*, to_jsonb(s) j FROM pg_replication_slots s) slots ORDER BY slot_name
        """;

    private const string Settings = """
        SELECT pg_is_in_recovery()::text, pg_last_wal_replay_lsn()::text, greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text,
               current_setting('hot_standby_feedback'), current_setting('primary_slot_name'),
               coalesce(current_setting('sync_replication_slots', true), 'off'), current_setting('wal_level'), current_setting('max_replication_slots')
        """;

    /// <summary>The server's slots; the oldest WAL and what the agent knows of copies are not its business.</summary>
    internal async Task<SlotsReport> ReadAsync(PostmasterPid server, int major, CancellationToken cancel)
    {
        await using var connection = await sql.OpenAsync(server, cancel);
        var slots = await SlotsAsync(connection, cancel);
        await using var command = new NpgsqlCommand(Settings, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new()
        {
            Node = options.Node,
            Major = major,
            Running = true,
            Replay = reader.GetString(0) == "true" ? Position(reader, 1) : null,
            End = reader.GetString(0) == "true" ? Position(reader, 2) : null,
            Feedback = reader.GetString(3) == "on",
            UpstreamSlot = reader.GetString(4),
            SyncsFailoverSlots = reader.GetString(5) == "on",
            WalLevel = reader.GetString(6),
            MaxSlots = int.Parse(reader.GetString(7), CultureInfo.InvariantCulture),
            Slots = slots,
        };
    }

    /// <summary>Lets the slot forget what comes before a position.</summary>
    internal static Task<string?> AdvanceAsync(NpgsqlConnection connection, string slot, Lsn to, CancellationToken cancel) =>
        LocalSql.ScalarAsync(connection, $"SELECT end_lsn::text FROM pg_replication_slot_advance('{slot}', '{to}')", cancel);

    /// <summary>Makes a logical slot on a running standby; waits until the primary has told which transactions run. Null if it is no standby.</summary>
    internal static Task<string?> CreateAsync(NpgsqlConnection connection, SlotFacts like, CancellationToken cancel) =>
        OnStandbyAsync(connection, $"(pg_create_logical_replication_slot('{like.Name}', '{like.Plugin!.Replace("'", "''", StringComparison.Ordinal)}', false, {(like.TwoPhase ? "true" : "false")})).lsn", cancel);

    /// <summary>Drops a slot of a standby.</summary>
    internal static Task<string?> DropAsync(NpgsqlConnection connection, string slot, CancellationToken cancel) =>
        OnStandbyAsync(connection, $"pg_drop_replication_slot('{slot}')", cancel);

    /// <summary>The server may have become primary meanwhile, where this would lose an original.</summary>
    private static Task<string?> OnStandbyAsync(NpgsqlConnection connection, string call, CancellationToken cancel) =>
        LocalSql.ScalarAsync(connection, $"SELECT CASE WHEN pg_is_in_recovery() THEN {call}::text END", cancel);

    private static async Task<IReadOnlyList<SlotFacts>> SlotsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var slots = new List<SlotFacts>();
        await using var command = new NpgsqlCommand(Query, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            slots.Add(Slot(reader));
        return slots;
    }

    private static SlotFacts Slot(NpgsqlDataReader reader) => new()
    {
        Name = reader.GetString(0),
        Plugin = Text(reader, 1),
        DatabaseOid = uint.Parse(reader.GetString(2), CultureInfo.InvariantCulture),
        Database = Text(reader, 3),
        Temporary = reader.GetString(4) == "true",
        ActivePid = Text(reader, 5) is { } pid ? int.Parse(pid, CultureInfo.InvariantCulture) : null,
        Xmin = Number(reader, 6),
        CatalogXmin = Number(reader, 7),
        RestartLsn = Position(reader, 8),
        ConfirmedFlush = Position(reader, 9),
        TwoPhase = reader.GetString(11) == "true",
        Failover = reader.GetString(12) == "true",
        Synced = reader.GetString(13) == "true",
        Invalid = Text(reader, 14) ?? (Text(reader, 10) == "lost" ? "wal_removed" : Text(reader, 15) == "true" ? "conflicting" : null),
        RetainedBytes = Text(reader, 16) is { } bytes && decimal.Parse(bytes, CultureInfo.InvariantCulture) is >= 0 and var held ? (ulong)held : null,
    };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static uint? Number(NpgsqlDataReader reader, int column) => Text(reader, column) is { } text ? uint.Parse(text, CultureInfo.InvariantCulture) : null;

    private static Lsn? Position(NpgsqlDataReader reader, int column) => Text(reader, column) is { } text ? Lsn.Parse(text) : null;
}
