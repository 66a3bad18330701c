using System.Collections.Concurrent;
using System.Diagnostics;

namespace PgHa.Cluster.Tests.Campaign;

/// <summary>What happened in a campaign, with times.</summary>
internal sealed class Chronicle
{
    private readonly ConcurrentQueue<string> lines = new();
    private readonly Stopwatch clock = Stopwatch.StartNew();

    public IEnumerable<string> Lines => lines;

    public TimeSpan Now => clock.Elapsed;

    public void Note(string what) => lines.Enqueue($"{clock.Elapsed.TotalSeconds,7:F2} {what}");
}
