using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// Asks every server all the time whether it is in recovery, without the agents. Every promotion begins a timeline: once a node was seen
/// writable on one, no other may be found writable on an older one by a question asked later, nor on the same one while it still reigns.
/// </summary>
internal sealed class WriterWatch : IAsyncDisposable
{
    private const string Question =
        "SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END";

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(1);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentQueue<Sight> sights = new();
    private readonly Task[] watchers;

    private sealed record Sight(TestNode Node, int Timeline, long Asked, long Answered);

    public WriterWatch(TestCluster cluster) => watchers = [.. cluster.Nodes.Select(node => Task.Run(() => WatchUntilStopped(node)))];

    /// <summary>Fails where two nodes were writable; otherwise the nodes that were, in the order of their timelines.</summary>
    public IReadOnlyList<TestNode> AssertOneWriter()
    {
        var seen = sights.OrderBy(sight => sight.Answered).ToList();
        Assert.NotEmpty(seen);
        foreach (var reign in seen.GroupBy(sight => sight.Timeline))
            Assert.True(reign.Select(sight => sight.Node).Distinct().Count() == 1, $"two nodes were writable on timeline {reign.Key}");
        var newest = seen[0];
        foreach (var sight in seen.Skip(1))
        {
            Assert.True(sight.Timeline >= newest.Timeline || sight.Asked < newest.Answered,
                $"{sight.Node.Name} was writable on timeline {sight.Timeline} when {newest.Node.Name} already was on {newest.Timeline}");
            if (sight.Timeline > newest.Timeline) newest = sight;
        }
        return [.. seen.DistinctBy(sight => sight.Timeline).OrderBy(sight => sight.Timeline).Select(sight => sight.Node)];
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
                await Task.Delay(Pace, CancellationToken.None);
            }
        }
    }

    private async Task WatchUntilBroken(TestNode node, NpgsqlConnection connection)
    {
        await using var question = new NpgsqlCommand(Question, connection);
        while (!stop.IsCancellationRequested)
        {
            var asked = Stopwatch.GetTimestamp();
            var timeline = (int)(await question.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
            if (timeline > 0) sights.Enqueue(new(node, timeline, asked, Stopwatch.GetTimestamp()));
            await Task.Delay(Pace, CancellationToken.None);
        }
    }
}
