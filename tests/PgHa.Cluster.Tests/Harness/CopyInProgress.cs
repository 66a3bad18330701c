using System.Diagnostics;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>A base backup whose source is frozen.</summary>
internal static class CopyInProgress
{
    /// <summary>
    /// Lets a little more through until the node that copies says how far it is, and freezes the source again: pg_basebackup says so once a
    /// second, and only when something arrives.
    /// </summary>
    public static async Task ShowsNumbers(TestNode node, TestNode source)
    {
        var clock = Stopwatch.StartNew();
        await Wait.Until("the node says how far it is", async () =>
        {
            if (clock.Elapsed < TimeSpan.FromSeconds(1)) return false;
            source.Postgres.Thaw();
            await source.Postgres.FreezeChildren();
            return (await OperationWatch.Look(node, "node")).ToString().Contains("copied ", StringComparison.Ordinal);
        }, 30);
    }
}
