using System.Globalization;

namespace PgHa.Cluster.Tests.ThreeNodes;

internal static class StopTimes
{
    /// <summary>When the server logged its last "database system is shut down" (log_line_prefix begins with %m).</summary>
    public static DateTime StoppedAt(this TestNode node)
    {
        var line = File.ReadLines(node.Postgres.LogFile).Last(text => text.EndsWith("database system is shut down", StringComparison.Ordinal));
        return DateTime.ParseExact(line[..23], "yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
    }
}
