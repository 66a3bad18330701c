using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Succession;

/// <summary>Asks the server here for a sign of life.</summary>
internal sealed class PulseQuery(AgentOptions options, DataDirectory data, LocalSql sql, TimeProvider time)
{
    private const string Query = """
        SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE (pg_current_wal_insert_lsn() - '0/0')::text || ' ' || (pg_current_wal_flush_lsn() - '0/0')::text END
        """;
    private (ulong Inserted, ulong Flushed, long Since) _wal;

    /// <summary>Whether it does its work, or refuses in a way that says that it does it for others.</summary>
    internal async Task<bool> LooksAliveAsync(CancellationToken cancel)
    {
        using var bound = new CancellationTokenSource(options.Failover.HangAfter, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancel);
        try
        {
            if (PostmasterPid.Read(data.Root) is not { } server)
                return false;
            var connection = await sql.OpenAsync(server, both.Token);
            try
            {
                return Flushes(await LocalSql.ScalarAsync(connection, Query, both.Token)) || await CommitsAsync(connection, both.Token);
            }
            finally
            {
                await OneConnection.CloseAsync(connection, time);
            }
        }
        catch (PostgresException e)
        {
            return PulseRules.Lives(e.SqlState);
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            return false; // it could not be asked: that is no sign of life, and ends nothing
        }
    }

    /// <summary>WAL that was inserted is flushed. Where it is not for long, nobody may be waiting for it: only a commit tells whether the disk hangs.</summary>
    private bool Flushes(string? positions)
    {
        if (positions?.Split(' ') is not [var inserted, var flushed] || !ulong.TryParse(inserted, out var end) || !ulong.TryParse(flushed, out var done))
            return true; // in recovery
        if (done != _wal.Flushed || end <= done)
            _wal = (end, done, time.GetTimestamp());
        return time.GetElapsedTime(_wal.Since) < options.Failover.HangAfter / 2;
    }

    private static async Task<bool> CommitsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await LocalSql.ScalarAsync(connection, "SET synchronous_commit = local", cancel);
        await LocalSql.ScalarAsync(connection, "SELECT pg_logical_emit_message(true, 'pgha', 'pulse')::text", cancel);
        return true;
    }
}
