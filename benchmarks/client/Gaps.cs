using System.Diagnostics;

namespace PgHa.Bench;

/// <summary>Times between acknowledged commits.</summary>
internal static class Gaps
{
    /// <summary>The longest one, in milliseconds, of those that end after a moment.</summary>
    internal static double Longest(IEnumerable<Row> rows, long after)
    {
        var times = rows.Select(row => row.Acknowledged).Order().ToArray();
        var longest = times.Skip(1).Zip(times, (next, last) => next > after ? next - last : 0).DefaultIfEmpty().Max();
        return Math.Round(longest * 1000.0 / Stopwatch.Frequency, 1);
    }

    /// <summary>In the order of their acknowledgments, rows come from one server, then from the other, and never from the first again.</summary>
    internal static bool Overlap(IEnumerable<Row> rows)
    {
        var servers = rows.OrderBy(row => row.Acknowledged).Select(row => row.Server).ToArray();
        return servers.Skip(1).Zip(servers, (next, last) => next != last).Count(changed => changed) > 1;
    }
}
