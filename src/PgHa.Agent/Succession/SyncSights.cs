using System.Globalization;
using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Succession;

/// <summary>What the primary shows of its synchronous replication, by a new connection.</summary>
/// <param name="InForce">The setting.</param>
/// <param name="Senders">The WAL senders.</param>
/// <param name="Streaming">The nodes that stream, each with what it has flushed.</param>
/// <param name="Flushed">The end of the primary's own flushed WAL.</param>
internal sealed record SyncLook(SyncSet InForce, IReadOnlyList<SyncSender> Senders, IReadOnlyDictionary<string, ulong> Streaming, ulong Flushed);

/// <summary>Looks at the primary's WAL senders, and notes which standbys keep up.</summary>
internal sealed class SyncSights(AgentOptions options, DataDirectory data, LocalSql sql, TimeProvider time)
{
    /// <summary>A WAL sender that has not heard of a flush yet is shown without a priority, and may have one. Only standbys report a replay, and no copies.</summary>
    private readonly string _counts =
        $"(sync_priority > 0 OR (flush_lsn IS NULL AND application_name IN ({string.Join(", ", options.Nodes.Select(n => $"'{n.Name}'"))})))";
    private static readonly TimeSpan KeepsUpWithin = TimeSpan.FromSeconds(3);
    private readonly Dictionary<string, (ulong Goal, long Since)> _goals = [];

    /// <summary>A look; null: the server does not run as primary.</summary>
    internal async Task<SyncLook?> LookAsync(CancellationToken cancel)
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

    /// <summary>Writes a WAL record, flushes it, and says where it ends.</summary>
    internal async Task<ulong> MarkAsync(CancellationToken cancel)
    {
        await using var connection = await sql.OpenAsync(PostmasterPid.ReadReady(data.Root) ?? throw new IOException("the server does not run"), cancel);
        await LocalSql.ScalarAsync(connection, "SELECT pg_logical_emit_message(true, 'pgha', 'sync')::text", cancel); // its commit flushes it, and waits for nobody
        return Number(await LocalSql.ScalarAsync(connection, "SELECT (pg_current_wal_flush_lsn() - '0/0')::text", cancel) ?? "");
    }

    /// <summary>Ends the WAL senders that have not reported a flush behind the marker: their standbys connect again, if they live, and are new then.</summary>
    internal async Task<string> EndLateAsync(ulong marker, CancellationToken cancel)
    {
        await using var connection = await sql.OpenAsync(PostmasterPid.ReadReady(data.Root) ?? throw new IOException("the server does not run"), cancel);
        return await LocalSql.ScalarAsync(connection, string.Create(CultureInfo.InvariantCulture, $"""
            SELECT string_agg(application_name, ', ') FROM (SELECT application_name FROM pg_stat_replication
             WHERE {_counts} AND coalesce(flush_lsn - '0/0', 0) < {marker} AND pg_terminate_backend(pid)) ended
            """), cancel) ?? "";
    }

    /// <summary>Whether a standby has flushed within a while what the primary had. To be asked at each look.</summary>
    internal bool KeepsUp(string standby, SyncLook look)
    {
        if (!look.Streaming.TryGetValue(standby, out var flushed))
        {
            _goals.Remove(standby);
            return false;
        }
        if (!_goals.TryGetValue(standby, out var goal) || flushed >= goal.Goal)
            _goals[standby] = goal = (look.Flushed, time.GetTimestamp());
        return time.GetElapsedTime(goal.Since) < KeepsUpWithin;
    }

    /// <summary>The primary of before is not this one.</summary>
    internal void Forget() => _goals.Clear();

    private string Query() => $"""
        SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE (pg_current_wal_flush_lsn() - '0/0')::text || chr(10) || current_setting('synchronous_standby_names') || chr(10) ||
          coalesce((SELECT string_agg(concat_ws(' ', (coalesce(flush_lsn, '0/0') - '0/0')::text, {_counts}::text,
              (state = 'streaming' AND flush_lsn IS NOT NULL AND replay_lsn IS NOT NULL)::text, application_name), chr(10)) FROM pg_stat_replication), '') END
        """;

    private static ulong Number(string text) => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
