using System.Net.Sockets;
using Npgsql;

namespace PgHa.Cluster.Tests.Campaign;

/// <summary>A client of each node that commits with synchronous_commit = off: a crash may cost it its last rows, which are counted.</summary>
internal sealed class Loose(TestCluster cluster) : IAsyncDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private readonly CancellationTokenSource stop = new();
    private Task[] writers = [];
    private long lastId;
    private long committed;

    public long Committed => Interlocked.Read(ref committed);

    public void Begin() => writers = [.. cluster.Nodes.Select(node => Task.Run(() => Write(node)))];

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        stop.Dispose();
    }

    private async Task Write(TestNode node)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var session = await node.Postgres.Connect();
                await session.Run("SET synchronous_commit = off");
                while (!stop.IsCancellationRequested)
                {
                    await session.Run($"INSERT INTO loose VALUES ({Interlocked.Increment(ref lastId)})");
                    Interlocked.Increment(ref committed);
                    await Task.Delay(Pace);
                }
            }
            catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
            {
                await Task.Delay(Pace * 2);
            }
        }
    }
}
