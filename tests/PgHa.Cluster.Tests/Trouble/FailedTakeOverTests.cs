namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// A switchover by promotion whose target lives, but cannot be told to promote (its disk fails): the old primary, which is down by then,
/// serves again at once, and the next switchover succeeds.
/// </summary>
public sealed class FailedTakeOverTests : ClusterTest
{
    /// <summary>Files that are written before the signal.</summary>
    [Theory]
    [InlineData("state/hand-over"), InlineData("state/promoting")]
    public async Task The_old_primary_serves_again(string file)
    {
        await using var run = await HandoverRun.Start(await BothRunning());
        var (how, report) = await run.Play(run.TakeOver, () => AsPostgres.Run("/bin/mkdir", run.S.In(file)));
        Assert.True(how == "undone", $"{how}: {report}");
        Assert.False(run.S.Postgres.Pid is { } pid && ServerProcesses.IsFrozen(pid), report);
        Directory.Delete(run.S.In(file));
        await run.Check(how, report);
        (how, report) = await run.Play(0, () => Task.CompletedTask);
        Assert.True(how == "done", $"{how}: {report}");
        await run.Check(how, report);
    }
}
