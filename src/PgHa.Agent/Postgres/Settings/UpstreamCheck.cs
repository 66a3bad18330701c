using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Everything that would fail after the first stop, tried before it: from this node the logins for replication and for SQL on the
/// node it would follow, and its settings beside those that node runs with. What the whole next start would do is judged with the plan
/// (<see cref="NextStartRules"/>). Changes nothing.
/// </summary>
internal sealed class UpstreamCheck(AgentOptions options, PeerLogin login, NextStartReading nextStart)
{
    /// <summary>What can be said without an upstream: whether the node would start in recovery at all.</summary>
    internal async Task<StepResult> RunAloneAsync(CancellationToken cancel)
    {
        var own = await nextStart.ReadAsync(cancel);
        return (own.IsOk ? RecoveryRules.Refuse(own.Value, null, new Dictionary<string, string>()) : own.Refusal) is { } refusal
            ? StepResult.Failed(refusal)
            : StepResult.Done("its configuration lets it run in recovery");
    }

    internal async Task<StepResult> RunAsync(string upstream, CancellationToken cancel)
    {
        var node = options.Nodes.First(n => n.Name == upstream);
        var own = await nextStart.ReadAsync(cancel);
        if (!own.IsOk)
            return StepResult.Failed(own.Refusal);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            var replication = login.CheckReplicationAsync(node, bounded.Token);
            var (theirs, slot) = await AskAsync(node, bounded.Token);
            await replication;
            return RecoveryRules.RefuseSettings(own.Value, upstream, theirs) is { } refusal
                ? StepResult.Failed(refusal)
                : StepResult.Done($"replication and SQL logins on {node.PostgresHost}:{node.PostgresPort} work, parameters fit, {slot}");
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return StepResult.Failed(Code.WrongState,
                $"{options.Node} cannot log in to PostgreSQL of {upstream} at {node.PostgresHost}:{node.PostgresPort} as {options.Postgres.ReplicationUser}: {PeerLogin.Words(e)}",
                login.Hint(upstream, e));
        }
    }

    private async Task<(Dictionary<string, string> Limits, string Slot)> AskAsync(NodeOptions node, CancellationToken cancel)
    {
        await using var connection = await login.OpenAsync(node, cancel);
        return (await LimitsAsync(connection, cancel), await SlotAsync(connection, cancel));
    }

    private static async Task<Dictionary<string, string>> LimitsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT name, setting FROM pg_settings WHERE name IN ({string.Join(',', RecoveryRules.Limits.Select(n => $"'{n}'"))})", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var limits = new Dictionary<string, string>();
        while (await reader.ReadAsync(cancel))
            limits[reader.GetString(0)] = reader.GetString(1);
        return limits;
    }

    /// <summary>Whether it would stream with a slot there; without one it follows all the same.</summary>
    private async Task<string> SlotAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var slot = SlotName.Of(options.Node);
        var there = await LocalSql.ScalarAsync(connection, $"""
            SELECT CASE WHEN EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{slot}') THEN 'its slot is there'
                        WHEN (SELECT count(*) FROM pg_replication_slots) >= current_setting('max_replication_slots')::int THEN 'no slot is free for it (max_replication_slots)'
                        WHEN NOT (SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user) THEN 'its role may not make a slot'
                        ELSE 'its slot will be made' END
            """, cancel);
        return $"{slot}: {there}";
    }
}
