using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;

namespace PgHa.Agent.Postgres;

/// <summary>How this node logs in to the PostgreSQL of another: as the replication role, with the configured passwords.</summary>
internal sealed class PeerLogin(AgentOptions options)
{
    /// <summary>Logs in for replication as well as for SQL, and asks which cluster it is; what fails throws.</summary>
    internal async Task<string> SystemIdentifierAsync(NodeOptions node, CancellationToken cancel)
    {
        await CheckReplicationAsync(node, cancel);
        await using var connection = await OpenAsync(node, cancel);
        return await LocalSql.ScalarAsync(connection, "SELECT system_identifier::text FROM pg_control_system()", cancel) ?? "";
    }

    /// <summary>Logs in for replication, as a standby's receiver does; what fails throws.</summary>
    internal async Task CheckReplicationAsync(NodeOptions node, CancellationToken cancel)
    {
        // Npgsql's own class for it brings in every type that Npgsql knows: two megabytes of the executable.
        await using var connection = await OneConnection.OpenAsync(ConnectionString(node) + ";Replication Mode=Physical", cancel);
    }

    /// <summary>A session for SQL; what fails throws.</summary>
    internal Task<NpgsqlConnection> OpenAsync(NodeOptions node, CancellationToken cancel, string? database = null) =>
        OneConnection.OpenAsync(ConnectionString(node, database), cancel);

    /// <summary>What went wrong, in the server's words where it said any.</summary>
    internal static string Words(Exception e) => e is PostgresException p ? p.MessageText : e.InnerException?.Message ?? e.Message;

    /// <summary>What to do when a login failed with this.</summary>
    internal string Hint(string upstream, Exception e) => e is PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege }
        ? $"as superuser on the primary: {RoleRules.Replicate(options.Postgres.ReplicationUser)}"
        : Hint(upstream);

    /// <summary>What to look at when a login fails.</summary>
    internal string Hint(string upstream) =>
        $"on {upstream}: listen_addresses, pg_hba.conf (lines for database replication and for {options.Postgres.Database}); here: {options.Postgres.Passfile ?? "~/.pgpass"}";

    private string ConnectionString(NodeOptions node, string? database = null) => new NpgsqlConnectionStringBuilder
    {
        Host = node.PostgresHost,
        Port = node.PostgresPort,
        Username = options.Postgres.ReplicationUser,
        Database = database ?? options.Postgres.Database,
        Options = SessionSettings.Options,
        Passfile = options.Postgres.Passfile,
        ApplicationName = "pgha check",
        Pooling = false,
        Timeout = 5,
        CommandTimeout = 5,
    }.ConnectionString;
}
