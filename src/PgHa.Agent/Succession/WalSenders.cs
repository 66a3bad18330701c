using System.Globalization;
using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Succession;

/// <summary>The real ones, through SQL.</summary>
internal sealed class WalSenders(AgentOptions options, DataDirectory data, LocalSql sql) : IWalSenders
{
    /// <summary>A WAL sender that has not heard of a flush yet is shown without a priority, and may have one. Only standbys report a replay, and no copies.</summary>
    private readonly string _counts =
        $"(sync_priority > 0 OR (flush_lsn IS NULL AND application_name IN ({string.Join(", ", options.Nodes.Select(n => $"'{n.Name}'"))})))";

    /// <inheritdoc />
    public async Task<SyncLook?> LookAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return null;
        await using var connection = await sql.OpenAsync(server, cancel);
        if (await LocalSql.ScalarAsync(connection, Query(), cancel) is not { Length: > 0 } text)
            return null;
        var lines = text.Split('\n');
        var rows = lines[2..].Select(l => l.Split(' ', 4)).Where(f => f.Length == 4).Select(f => (Flush: Number(f[0]), Counts: f[1] == "true", Streams: f[2] == "true", Name: f[3])).ToArray();
        return new(SyncChoice.Parse(lines[1]), [.. rows.Select(r => new SyncSender(r.Name, r.Flush, r.Counts))],
            rows.Where(r => r.Streams).GroupBy(r => r.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Max(r => r.Flush)), Number(lines[0]));
    }

    /// <inheritdoc />
    public async Task<ulong> MarkAsync(CancellationToken cancel)
    {
        await using var connection = await sql.OpenAsync(PostmasterPid.ReadReady(data.Root) ?? throw new IOException("the server does not run"), cancel);
        await LocalSql.ScalarAsync(connection, "SELECT pg_logical_emit_message(true, 'pgha', 'sync')::text", cancel); // its commit flushes it, and waits for nobody
        return Number(await LocalSql.ScalarAsync(connection, "SELECT (pg_current_wal_flush_lsn() - '0/0')::text", cancel) ?? "");
    }

    /// <inheritdoc />
    public async Task<string> EndLateAsync(ulong marker, CancellationToken cancel)
    {
        await using var connection = await sql.OpenAsync(PostmasterPid.ReadReady(data.Root) ?? throw new IOException("the server does not run"), cancel);
        return await LocalSql.ScalarAsync(connection, string.Create(CultureInfo.InvariantCulture, $"""
            SELECT string_agg(application_name, ', ') FROM (SELECT application_name FROM pg_stat_replication
             WHERE {_counts} AND coalesce(flush_lsn - '0/0', 0) < {marker} AND pg_terminate_backend(pid)) ended
            """), cancel) ?? "";
    }

    private string Query() => $"""
        SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE (pg_current_wal_flush_lsn() - '0/0')::text || chr(10) || current_setting('synchronous_standby_names') || chr(10) ||
          coalesce((SELECT string_agg(concat_ws(' ', (coalesce(flush_lsn, '0/0') - '0/0')::text, {_counts}::text,
              (state = 'streaming' AND flush_lsn IS NOT NULL AND replay_lsn IS NOT NULL)::text, application_name), chr(10)) FROM pg_stat_replication), '') END
        """;

    private static ulong Number(string text) => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
