namespace PgHa.Cluster.Tests.Harness;

/// <summary>Proves that calls which must not touch anything did not: same processes, same files, same control data.</summary>
internal static class Unchanged
{
    /// <summary>A running standby moves its minimum recovery point by itself.</summary>
    private static readonly string[] MovesByItself = ["Minimum recovery ending location", "pg_control last modified"];

    public static async Task AssertUnchanged(this TestCluster cluster, Func<Task> calls)
    {
        var before = await Picture(cluster);
        await calls();
        Assert.Equal(before, await Picture(cluster));
    }

    private static async Task<string[]> Picture(TestCluster cluster) => await Task.WhenAll(cluster.Nodes.Select(Picture));

    private static async Task<string> Picture(TestNode node) => string.Join('\n',
        $"{node.Name}: postmaster {node.Postgres.Pid}",
        $"standby.signal: {node.Postgres.HasStandbySignal}",
        $"auto.conf: {TextOf(node, "postgresql.auto.conf")}",
        $"files: {string.Join(' ', Files(node.Postgres.DataDirectory))}",
        $"control: {await ControlData(node)}");

    /// <summary>A stopped server's control file must be the same byte for byte.</summary>
    private static async Task<string> ControlData(TestNode node)
    {
        var file = node.Postgres.InData("global/pg_control");
        if (!File.Exists(file)) return "none";
        if (!node.Postgres.IsRunning) return Convert.ToHexString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        if (!node.Postgres.HasControlData) return "its server runs";
        var data = await node.Postgres.ControlData();
        return string.Join('\n', data.Where(item => !MovesByItself.Contains(item.Key)));
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder).Order() : ["none"];

    private static string TextOf(TestNode node, string file) =>
        File.Exists(node.Postgres.InData(file)) ? File.ReadAllText(node.Postgres.InData(file)) : "none";
}
