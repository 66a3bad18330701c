namespace PgHa.Agent.Cluster;

/// <summary>Ends what was begun beside something else.</summary>
internal static class Ending
{
    /// <summary>
    /// Cancels it, and waits until it has ended, however it does. Unlike <see cref="CancellationTokenSource.CancelAsync"/> this uses no thread of the pool, so that a simulator
    /// with one thread can run it.
    /// </summary>
    internal static Task EndAsync(this Task task, CancellationTokenSource ends)
    {
        ends.Cancel();
        return WaitAsync(task);
    }

    private static async Task WaitAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception) when (task.IsCompleted)
        {
            // how it ended is told to whoever began it
        }
    }
}
