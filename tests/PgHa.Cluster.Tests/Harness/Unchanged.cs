namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// Proves that calls which must not touch anything did not: the same processes, and not a byte of a stopped node's data directory is
/// another. A server that runs changes files by itself: there the names at the top, its configuration and its control data stay.
/// </summary>
internal static class Unchanged
{
    /// <summary>A running standby moves its minimum recovery point by itself.</summary>
    private static readonly string[] MovesByItself = ["Minimum recovery ending location", "pg_control last modified"];

    /// <param name="cluster">The nodes.</param>
    /// <param name="calls">What must not touch them.</param>
    /// <param name="but">Files of stopped nodes that may change.</param>
    public static async Task AssertUnchanged(this TestCluster cluster, Func<Task> calls, Predicate<FileSystemInfo>? but = null)
    {
        var stopped = cluster.Nodes.Where(node => node.Postgres.Processes.Count == 0).ToHashSet();
        var before = await Picture(cluster, stopped, but);
        await calls();
        Assert.Equal(before, await Picture(cluster, stopped, but));
    }

    private static async Task<string[]> Picture(TestCluster cluster, HashSet<TestNode> stopped, Predicate<FileSystemInfo>? but) =>
        [.. (await Task.WhenAll(cluster.Nodes.Select(node => Task.Run(() => Picture(node, stopped.Contains(node), but))))).SelectMany(lines => lines)];

    private static async Task<string[]> Picture(TestNode node, bool stopped, Predicate<FileSystemInfo>? but) =>
    [
        $"{node.Name}: postmaster {node.Postgres.Pid}",
        .. stopped ? FolderContent.Of(node.Postgres.DataDirectory, but) : await OfRunning(node),
    ];

    private static async Task<string[]> OfRunning(TestNode node) =>
    [
        $"standby.signal: {node.Postgres.HasStandbySignal}",
        $"auto.conf: {TextOf(node, "postgresql.auto.conf")}",
        $"files: {string.Join(' ', Directory.EnumerateFileSystemEntries(node.Postgres.DataDirectory).Order())}",
        $"control: {await ControlData(node)}",
    ];

    private static async Task<string> ControlData(TestNode node)
    {
        if (!node.Postgres.HasControlData) return "cannot be read here";
        var data = await node.Postgres.ControlData();
        return string.Join('\n', data.Where(item => !MovesByItself.Contains(item.Key)));
    }

    private static string TextOf(TestNode node, string file) =>
        File.Exists(node.Postgres.InData(file)) ? File.ReadAllText(node.Postgres.InData(file)) : "none";
}
