using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// Asks every server all the time whether it is in recovery, without the agents. Reigns follow each other by timeline, and on one timeline
/// (a restart as primary keeps it) by who was seen first: once a node was seen to reign, none that reigned before may be found writable by
/// a question asked later.
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

    /// <summary>How often a node was found writable.</summary>
    public int Sights => sights.Count;

    /// <summary>Who was, ever.</summary>
    public IReadOnlyCollection<TestNode> Writers => [.. sights.Select(sight => sight.Node).Distinct()];

    /// <summary>Fails where two nodes were writable; otherwise the nodes that were, in order.</summary>
    public IReadOnlyList<TestNode> AssertOneWriter()
    {
        var seen = sights.OrderBy(sight => sight.Answered).ToList();
        Assert.NotEmpty(seen);
        var reigns = seen.DistinctBy(sight => (sight.Timeline, sight.Node)).OrderBy(sight => sight.Timeline).ThenBy(sight => sight.Answered).ToList();
        var newest = 0;
        foreach (var sight in seen)
        {
            var reign = reigns.FindIndex(first => first.Timeline == sight.Timeline && first.Node == sight.Node);
            Assert.True(reign >= newest || sight.Asked < reigns[newest].Answered,
                $"{sight.Node.Name} was writable on timeline {sight.Timeline} when {reigns[newest].Node.Name} already was on {reigns[newest].Timeline}");
            newest = Math.Max(newest, reign);
        }
        return [.. reigns.Select(first => first.Node)];
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
