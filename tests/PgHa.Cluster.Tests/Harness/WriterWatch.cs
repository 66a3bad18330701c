using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// Asks every server all the time whether it is in recovery, without the agents. A server that was found writable is so from then on until
/// it ends: each run of a server that ever was is one reign, and no two reigns may overlap.
/// </summary>
internal sealed class WriterWatch : IAsyncDisposable
{
    private const string Question = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_postmaster_start_time()::text END";
    private readonly TimeSpan pace;
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<(TestNode Node, string Run), Reign> reigns = new();
    private readonly Task[] watchers;

    /// <param name="cluster">Whose servers are asked.</param>
    /// <param name="pace">Between two questions; a millisecond unless said otherwise.</param>
    public WriterWatch(TestCluster cluster, TimeSpan? pace = null)
    {
        this.pace = pace ?? TimeSpan.FromMilliseconds(1);
        watchers = [.. cluster.Nodes.Select(node => Task.Run(() => WatchUntilStopped(node)))];
    }

    /// <summary>From when a run of a server was seen writable and to when: it surely was from the first answer to the last question.</summary>
    private sealed record Reign(TestNode Node, long FirstAnswered, long LastAsked);

    /// <summary>Who was writable, ever.</summary>
    public IReadOnlyCollection<TestNode> Writers => [.. reigns.Values.Select(reign => reign.Node).Distinct()];

    /// <summary>Fails where two nodes were writable at once; otherwise the nodes that were, in order.</summary>
    public IReadOnlyList<TestNode> AssertOneWriter()
    {
        var inOrder = reigns.Values.OrderBy(reign => reign.FirstAnswered).ToList();
        Assert.NotEmpty(inOrder);
        foreach (var (earlier, later) in inOrder.Zip(inOrder.Skip(1)))
            Assert.True(earlier.LastAsked <= later.FirstAnswered,
                $"{earlier.Node.Name} was writable for {Stopwatch.GetElapsedTime(later.FirstAnswered, earlier.LastAsked)} more after {later.Node.Name} was");
        return [.. inOrder.Select(reign => reign.Node)];
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(watchers);
        stop.Dispose();
    }

    private async Task WatchUntilStopped(TestNode node)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await node.Postgres.Connect();
                await WatchUntilBroken(node, connection);
            }
            catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
            {
                await Task.Delay(pace, CancellationToken.None);
            }
        }
    }

    private async Task WatchUntilBroken(TestNode node, NpgsqlConnection connection)
    {
        await using var question = new NpgsqlCommand(Question, connection);
        while (!stop.IsCancellationRequested)
        {
            var asked = Stopwatch.GetTimestamp();
            if (await question.ExecuteScalarAsync(TestContext.Current.CancellationToken) is string run)
            {
                var answered = Stopwatch.GetTimestamp();
                reigns.AddOrUpdate((node, run), new Reign(node, answered, asked), (_, reign) => reign with { LastAsked = asked });
            }
            await Task.Delay(pace, CancellationToken.None);
        }
    }
}
