using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>Asks another node's catalogue what relation files are called. Names are a help for people: where they cannot be had, file nodes do.</summary>
internal sealed class RelationNames(PeerLogin login)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(10);

    /// <summary>The names of those that the node knows, as database and relation.</summary>
    internal async Task<IReadOnlyDictionary<RelationId, string>> OfAsync(NodeOptions node, IReadOnlyCollection<RelationId> relations, CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(Within);
        var names = new Dictionary<RelationId, string>();
        try
        {
            var databases = await DatabasesAsync(node, bounded.Token);
            foreach (var group in relations.GroupBy(r => r.Database))
                if (databases.TryGetValue(group.Key == 0 ? databases.Keys.Max() : group.Key, out var database))
                    await AskAsync(node, database, group, names, bounded.Token);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
        }
        return names;
    }

    private async Task<Dictionary<uint, string>> DatabasesAsync(NodeOptions node, CancellationToken cancel)
    {
        await using var connection = await login.OpenAsync(node, cancel);
        await using var command = new NpgsqlCommand("SELECT oid::text, datname FROM pg_database WHERE datallowconn", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var databases = new Dictionary<uint, string>();
        while (await reader.ReadAsync(cancel))
            databases[uint.Parse(reader.GetString(0), System.Globalization.CultureInfo.InvariantCulture)] = reader.GetString(1);
        return databases;
    }

    private async Task AskAsync(NodeOptions node, string database, IEnumerable<RelationId> relations, Dictionary<RelationId, string> names, CancellationToken cancel)
    {
        await using var connection = await login.OpenAsync(node, cancel, database);
        foreach (var relation in relations)
            if (await LocalSql.ScalarAsync(connection, $"SELECT pg_filenode_relation({relation.Tablespace}, {relation.FileNumber})::regclass::text", cancel) is { Length: > 0 } name)
                names[relation] = relation.Database == 0 ? name : $"{database}: {name}";
    }
}
