using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>What the configured roles may do: found out while nothing depends on it.</summary>
internal sealed class RoleCheck(AgentOptions options, DataDirectory data, LocalSql sql, PeerLogin login)
{
    private static readonly string Query = $"""
        SELECT rolsuper OR rolreplication,
               has_function_privilege('pg_ls_waldir()', 'EXECUTE') AND pg_has_role('pg_read_all_settings', 'USAGE') AND pg_has_role('pg_read_all_stats', 'USAGE'),
               array_to_string(ARRAY(SELECT f FROM unnest(ARRAY[{string.Join(',', RoleRules.RewindFunctions.Select(f => $"'{f}'"))}]) f WHERE NOT has_function_privilege(f, 'EXECUTE')), ';')
          FROM pg_roles WHERE rolname = current_user
        """;

    internal async Task<StepResult> RunAsync(string upstream, CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            if (await RefuseOwnAsync(bounded.Token) is { } own)
                return StepResult.Failed(own);
            var role = options.Postgres.ReplicationUser;
            await using var connection = await login.OpenAsync(options.Nodes.First(n => n.Name == upstream), bounded.Token);
            return RoleRules.Refuse(role, upstream, options.Postgres.Database, await AskAsync(connection, bounded.Token)) is { } refusal
                ? StepResult.Failed(refusal) : StepResult.Done($"{role} may do on {upstream} what copies and rewinds need");
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return StepResult.Failed(Code.WrongState, $"{options.Node} cannot ask PostgreSQL of {upstream}: {PeerLogin.Words(e)}", login.Hint(upstream));
        }
    }

    /// <summary>What it lacks for a rewind alone; the statement can be pasted.</summary>
    internal async Task<Refusal?> RefuseForRewindAsync(NpgsqlConnection connection, string server, CancellationToken cancel) =>
        RoleRules.Refuse(options.Postgres.ReplicationUser, server, options.Postgres.Database, await AskAsync(connection, cancel) with { Replicates = true, Monitors = true });

    private static async Task<RoleFacts> AskAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Query, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new(reader.GetBoolean(0), reader.GetBoolean(1), reader.GetString(2).Split(';', StringSplitOptions.RemoveEmptyEntries));
    }

    private async Task<Refusal?> RefuseOwnAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return null;
        await using var connection = await sql.OpenAsync(server, cancel);
        return await LocalSql.ScalarAsync(connection, "SHOW is_superuser", cancel) == "on" ? null : new(Code.WrongState,
            $"{options.Postgres.Superuser} (postgres.superuser) is no superuser on {options.Node}",
            $"name another role there, or on the primary: ALTER ROLE {RoleRules.Quoted(options.Postgres.Superuser)} SUPERUSER;");
    }
}
