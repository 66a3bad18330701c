using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Everything that would fail after the first stop, tried before it: from this node the logins for replication and for SQL on the
/// node it would follow, and the parameters that strand a standby (fact 5). Changes nothing.
/// </summary>
internal sealed class UpstreamCheck(AgentOptions options, DataDirectory data, LocalSql sql, PeerLogin login, PostgresBinaries binaries)
{
    private static readonly string[] MustNotBeLower =
        ["max_connections", "max_prepared_transactions", "max_locks_per_transaction", "max_worker_processes", "max_wal_senders"];

    internal async Task<StepResult> RunAsync(string upstream, CancellationToken cancel)
    {
        var node = options.Nodes.First(n => n.Name == upstream);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(TimeSpan.FromSeconds(10));
        var folder = binaries.Folder();
        if (!folder.IsOk)
            return StepResult.Failed(folder.Refusal);
        try
        {
            var replication = login.SystemIdentifierAsync(node, bounded.Token);
            var theirs = await TheirParametersAsync(node, bounded.Token);
            await replication;
            return await LowerParametersAsync(upstream, theirs, bounded.Token) is { } refusal
                ? StepResult.Failed(refusal)
                : StepResult.Done($"replication and SQL logins on {node.PostgresHost}:{node.PostgresPort} work, parameters fit");
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return StepResult.Failed(Code.WrongState,
                $"{options.Node} cannot log in to PostgreSQL of {upstream} at {node.PostgresHost}:{node.PostgresPort} as {options.Postgres.ReplicationUser}: {PeerLogin.Words(e)}",
                login.Hint(upstream));
        }
    }

    private async Task<Dictionary<string, int>> TheirParametersAsync(NodeOptions node, CancellationToken cancel)
    {
        await using var connection = await login.OpenAsync(node, cancel);
        return await ParametersAsync(connection, "true", cancel);
    }

    /// <summary>Our own, as the next start would have them: a running server tells those that a restart does not change.</summary>
    private async Task<Dictionary<string, int>> OurSettledParametersAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return [];
        await using var connection = await sql.OpenAsync(server, cancel);
        return await ParametersAsync(connection, "NOT pending_restart", cancel);
    }

    private static async Task<Dictionary<string, int>> ParametersAsync(NpgsqlConnection connection, string condition, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT name, setting FROM pg_settings WHERE name IN ({string.Join(',', MustNotBeLower.Select(n => $"'{n}'"))}) AND {condition}", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var settings = new Dictionary<string, int>();
        while (await reader.ReadAsync(cancel))
            settings[reader.GetString(0)] = int.Parse(reader.GetString(1), CultureInfo.InvariantCulture);
        return settings;
    }

    private async Task<Refusal?> LowerParametersAsync(string upstream, Dictionary<string, int> theirs, CancellationToken cancel)
    {
        var settled = await OurSettledParametersAsync(cancel);
        foreach (var name in MustNotBeLower)
        {
            var own = settled.TryGetValue(name, out var value) ? (Answer<int>)value : await NextStartAsync(name, cancel);
            if (!own.IsOk)
                return own.Refusal;
            if (own.Value < theirs[name])
                return new(Code.WrongState,
                    $"{name} is {own.Value} on {options.Node} and {theirs[name]} on {upstream}: a standby with a lower value does not start",
                    $"raise {name} to at least {theirs[name]} on {options.Node}");
        }
        return null;
    }

    private async Task<Answer<int>> NextStartAsync(string name, CancellationToken cancel)
    {
        var text = await binaries.SettingAsync(name, cancel);
        return text.IsOk ? int.Parse(text.Value, CultureInfo.InvariantCulture) : text.Refusal;
    }
}
