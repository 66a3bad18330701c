using System.Net.Sockets;
using Npgsql;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>Writers of every node, all at the same time, each inserting as fast as its node allows and reconnecting at once.</summary>
internal sealed class WritingClients : IAsyncDisposable
{
    /// <summary>Between two attempts: a standby refuses thousands a second, which would only heat the machine.</summary>
    private static readonly TimeSpan UsualPace = TimeSpan.FromMilliseconds(2);

    private readonly TimeSpan pace;
    private readonly CancellationTokenSource stop = new();
    private readonly Ledger ledger;
    private readonly Task[] writers;

    public WritingClients(TestCluster cluster, TimeSpan? pace = null, int perNode = 1)
    {
        this.pace = pace ?? UsualPace;
        ledger = cluster.Ledger;
        writers = [.. cluster.Nodes.SelectMany(node => Enumerable.Range(0, perNode).Select(_ => Task.Run(() => WriteUntilStopped(node))))];
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        stop.Dispose();
    }

    private async Task WriteUntilStopped(TestNode node)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await node.Postgres.Connect();
                await WriteUntilBroken(node, connection);
            }
            catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
            {
                await Task.Delay(pace);
            }
        }
    }

    private async Task WriteUntilBroken(TestNode node, NpgsqlConnection connection)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ledger.InsertOne(node, connection);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction)
            {
                // a standby: it may be promoted under this very session
            }
            await Task.Delay(pace);
        }
    }
}
