using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Which slot of the upstream this node streams with. It is made before <c>primary_slot_name</c> names it, because a standby whose slot is
/// missing does not stream at all. If there can be none, the standby streams without one: that is no reason to refuse a role change.
/// </summary>
internal sealed class UpstreamSlot(AgentOptions options, PeerLogin login)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    private string Own => SlotName.Of(options.Node);

    /// <summary>The value for <c>primary_slot_name</c>, and what is to be said about it.</summary>
    internal async Task<(string Name, string Words)> ChooseAsync(string upstream, string current, CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(Within);
        try
        {
            await using var connection = await login.OpenAsync(options.Nodes.First(n => n.Name == upstream), bounded.Token);
            var there = await LookAsync(connection, current, bounded.Token);
            foreach (var statement in SlotChoice.Prepare(Own, there))
                await LocalSql.ScalarAsync(connection, statement, bounded.Token);
            return SlotChoice.Name(Own, current, there) is var name && name == Own ? (name, $"with slot {name}") : (name, $"with the operator's slot {name}");
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return ("", $"without a replication slot: {PeerLogin.Words(e)}");
        }
    }

    private async Task<IReadOnlyList<SlotThere>> LookAsync(NpgsqlConnection connection, string current, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "SELECT slot_name::text, active::text, (coalesce(wal_status, '') = 'lost')::text FROM pg_replication_slots WHERE slot_type = 'physical' AND slot_name IN ($1, $2)", connection);
        command.Parameters.Add(new() { Value = Own });
        command.Parameters.Add(new() { Value = current });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<SlotThere>();
        while (await reader.ReadAsync(cancel))
            found.Add(new(reader.GetString(0), reader.GetString(1) == "true", reader.GetString(2) == "true"));
        return found;
    }
}
