using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>Clients that append to lists and read them in one transaction, on whichever node lets them, all the time.</summary>
internal sealed class ListClients : IAsyncDisposable
{
    /// <summary>Appends to one list, before the next one is begun.</summary>
    private const int Length = 60;

    private const string Table = "CREATE TABLE IF NOT EXISTS lists (id int PRIMARY KEY, list bigint[] NOT NULL)";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);
    private static long lastValue;
    private readonly CancellationTokenSource stop = new();
    private readonly TestCluster cluster;
    private readonly Task[] clients;
    private readonly long first = Interlocked.Read(ref lastValue);

    private ListClients(TestCluster cluster)
    {
        this.cluster = cluster;
        clients = [.. Enumerable.Range(0, 4).Select(i => Task.Run(() => GoOnUntilStopped(i)))];
    }

    public ListHistory History { get; } = new();

    public static async Task<ListClients> Begin(TestCluster cluster, TestNode primary)
    {
        await primary.Postgres.Execute(Table);
        return new(cluster);
    }

    /// <summary>What cannot be, as a node has the lists now.</summary>
    public async Task<IReadOnlyList<string>> Anomalies(TestNode node)
    {
        var lists = new Dictionary<int, long[]>();
        await using var connection = await node.Postgres.Connect();
        await using var command = new NpgsqlCommand("SELECT id, list FROM lists WHERE id >= $1", connection) { Parameters = { new() { Value = ListOf(first + 1) } } };
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken)) lists[reader.GetInt32(0)] = [.. reader.GetFieldValue<long[]>(1).Where(value => value > first)];
        return History.Anomalies(lists);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(clients);
    }

    private static int ListOf(long value) => (int)(value / Length);

    private async Task GoOnUntilStopped(int client)
    {
        for (var at = client; !stop.IsCancellationRequested; at++)
        {
            try
            {
                await using var connection = await cluster.Nodes[at % cluster.Nodes.Count].Postgres.Connect();
                while (!stop.IsCancellationRequested && await Append(connection)) await Task.Delay(Pace);
            }
            catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
            {
                await Task.Delay(Pace);
            }
        }
    }

    /// <summary>Whether to go on with this session.</summary>
    private async Task<bool> Append(NpgsqlConnection connection)
    {
        var value = Interlocked.Increment(ref lastValue);
        var (list, other) = (ListOf(value), Math.Max(ListOf(first + 1), ListOf(value - (value % 2 * Length))));
        var begin = Stopwatch.GetTimestamp();
        var (fate, read) = (Fate.Unknown, (long[]?)null);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await using (var append = new NpgsqlCommand("INSERT INTO lists VALUES ($1, ARRAY[$2]) ON CONFLICT (id) DO UPDATE SET list = lists.list || $2", connection, transaction) { Parameters = { new() { Value = list }, new() { Value = value } } })
                await append.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            await using (var look = new NpgsqlCommand("SELECT list FROM lists WHERE id = $1", connection, transaction) { Parameters = { new() { Value = other } } })
                read = [.. (await look.ExecuteScalarAsync(TestContext.Current.CancellationToken) as long[] ?? []).Where(v => v > first)];
            await transaction.CommitAsync(TestContext.Current.CancellationToken);
            fate = Fate.Acknowledged;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction)
        {
            fate = Fate.Refused; // a standby
        }
        finally
        {
            History.Add(new(begin, Stopwatch.GetTimestamp(), fate, list, value, other, read));
        }
        return fate == Fate.Acknowledged;
    }
}
