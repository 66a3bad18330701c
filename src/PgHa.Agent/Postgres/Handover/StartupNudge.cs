using Npgsql;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>
/// The startup process of a running standby, which replays the WAL. Between two looks for WAL it sleeps for wal_retrieve_retry_interval
/// (5 s by default, fact 15). A SIGHUP ends that sleep, so no setting has to be changed for a fast role change.
/// </summary>
internal sealed class StartupNudge(DataDirectory data)
{
    /// <summary>Finds the process; null if there is none (any more).</summary>
    internal async Task<ServerProcess?> FindAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        int.TryParse(await LocalSql.ScalarAsync(connection, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'", cancel), out var pid)
            ? ServerProcess.Open(pid, data.Root)
            : null;

    /// <summary>Lets it look again now.</summary>
    internal static void Wake(ServerProcess? startup) => startup?.Signal(Linux.SigHup);
}
