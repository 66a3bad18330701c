using System.Diagnostics;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>Polls a condition until it holds; past the deadline the test fails with what was awaited.</summary>
internal static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static Task<TimeSpan> Until(string what, Func<bool> condition, double seconds = 10) =>
        Until(what, () => Task.FromResult(condition()), seconds);

    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> Until(string what, Func<Task<bool>> condition, double seconds = 10)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed.TotalSeconds > seconds) throw new TimeoutException($"Waited {seconds} s for: {what}");
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
        return clock.Elapsed;
    }
}
