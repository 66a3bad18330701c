using Npgsql;
using Npgsql.Replication;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Postgres;

/// <summary>How this node logs in to the PostgreSQL of another: as the replication role, with the configured passwords.</summary>
internal sealed class PeerLogin(AgentOptions options)
{
    /// <summary>Logs in for replication and asks which cluster it is; what fails throws.</summary>
    internal async Task<string> SystemIdentifierAsync(NodeOptions node, CancellationToken cancel)
    {
        await using var connection = new PhysicalReplicationConnection(ConnectionString(node));
        await connection.Open(cancel);
        return (await connection.IdentifySystem(cancel)).SystemId;
    }

    /// <summary>A session for SQL; what fails throws.</summary>
    internal Task<NpgsqlConnection> OpenAsync(NodeOptions node, CancellationToken cancel, string database = "postgres") =>
        OneConnection.OpenAsync(ConnectionString(node, database), cancel);

    /// <summary>What went wrong, in the server's words where it said any.</summary>
    internal static string Words(Exception e) => e is PostgresException p ? p.MessageText : e.InnerException?.Message ?? e.Message;

    /// <summary>What to look at when a login fails.</summary>
    internal string Hint(string upstream) =>
        $"on {upstream}: listen_addresses, pg_hba.conf (lines for database replication and for postgres); here: {options.Postgres.Passfile ?? "~/.pgpass"}";

    private string ConnectionString(NodeOptions node, string database = "postgres") => new NpgsqlConnectionStringBuilder
    {
        Host = node.PostgresHost,
        Port = node.PostgresPort,
        Username = options.Postgres.ReplicationUser,
        Database = database,
        Passfile = options.Postgres.Passfile,
        ApplicationName = "pgha check",
        Pooling = false,
        Timeout = 5,
        CommandTimeout = 5,
    }.ConnectionString;
}
