using Npgsql;

namespace PgHa.Agent.Postgres;

/// <summary>Unlogged tables with data: recovery after an immediate shutdown empties them (fact 14).</summary>
internal sealed class UnloggedTables(DataDirectory data, LocalSql sql)
{
    private const string Databases = "SELECT string_agg(concat_ws(' ', oid, datallowconn, datname), chr(10)) FROM pg_database";
    private const string Filled = "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relpersistence = 'u' AND relkind IN ('r', 'm') AND pg_relation_size(oid) > 0";

    /// <summary>The fork that makes a relation's files those of an unlogged one (<c>INIT_FORKNUM</c>, common/relpath.h).</summary>
    private const string InitForks = "*_init";

    /// <summary>In words which database holds some, or may hold some and lets nobody look; null if none does.</summary>
    internal async Task<string?> FindAsync(PostmasterPid server, NpgsqlConnection connection, CancellationToken cancel)
    {
        foreach (var line in (await LocalSql.ScalarAsync(connection, Databases, cancel) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (line.Split(' ', 3) is [var oid, var allowed, var name] && await InAsync(server, oid, name, allowed == "t", cancel) is { } found)
                return found;
        return null;
    }

    private async Task<string?> InAsync(PostmasterPid server, string oid, string database, bool allowed, CancellationToken cancel)
    {
        try
        {
            if (!allowed)
                return Closed(oid, database);
            await using var session = await sql.OpenAsync(server, cancel, database);
            await LocalSql.ScalarAsync(session, "SET lock_timeout = '1s'", cancel); // somebody may hold one of them exclusively
            return await LocalSql.ScalarAsync(session, Filled, cancel) is { Length: > 0 } tables ? $"unlogged tables of {database} hold data ({tables})" : null;
        }
        catch (PostgresException)
        {
            return Closed(oid, database); // pg_hba.conf, or a table that is locked
        }
    }

    private string? Closed(string oid, string database) =>
        data.FoldersOf(oid).Any(folder => Directory.EnumerateFiles(folder, InitForks).Any()) ? $"database {database} lets nobody look and has unlogged tables, which may hold data" : null;
}
