namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// The server of the target is killed in each phase of a switchover by promotion: before the primary is ended, that is not even stopped;
/// as long as the target was not promoted, the old primary serves again; afterwards one call makes the pair whole. (Its agent is killed at every point by the crash points.)
/// </summary>
public sealed class KilledTargetTests : ClusterTest
{
    [Fact, Trait("Category", "Long")]
    public async Task Before_each_step()
    {
        await using var run = await HandoverRun.Start(await BothRunning());
        for (var step = 0; step < run.Steps.Count; step++)
        {
            var (how, report) = await run.Play(step, () => run.S.Postgres.KillAndWait());
            Say($"before '{run.Steps[step]}': {how} {report}");
            if (step <= run.TakeOver)
                Assert.True(how == "undone" && (step > run.HandOver || run.PrimaryRanOn), $"{how}: {report}");
            await BackAgain(run, how, report);
        }
    }

    /// <summary>Since it was found level.</summary>
    [Fact]
    public async Task Before_the_primary_is_ended_that_is_not_stopped_for_nothing()
    {
        await using var run = await HandoverRun.Start(await BothRunning());
        var (how, report) = await run.Play(run.HandOver, () => run.S.Postgres.KillAndWait());
        Assert.True(how == "undone" && run.PrimaryRanOn, $"{how}: {report}");
        await run.Check(how, report);
    }

    /// <summary>From before it is asked whether it may be promoted to after it was.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task While_it_is_promoted()
    {
        await using var run = await HandoverRun.Start(await BothRunning());
        for (var milliseconds = 0; milliseconds <= 100; milliseconds += 5)
        {
            var (how, report) = await run.Play(run.TakeOver, async operation =>
            {
                await operation.Resume();
                await Task.Delay(milliseconds, TestContext.Current.CancellationToken); // a moment of its own, whatever happens in it
                await run.S.Postgres.KillAndWait();
                await operation.TryResumeAll();
            });
            Say($"{milliseconds} ms after it began: {how} {report}");
            await BackAgain(run, how, report);
        }
    }

    /// <summary>What is not undone was promoted, and is down: started again, it has everything.</summary>
    private static async Task BackAgain(HandoverRun run, string how, string report)
    {
        if (how == "failed")
        {
            Assert.False(run.P.Postgres.IsRunning && !await run.P.Postgres.Ask<bool>("SELECT pg_is_in_recovery()"), report);
            var answer = await run.S.Api.Post("instance/all");
            Assert.True(answer.Status == 200, $"{answer}\nafter {report}");
            how = "done";
        }
        await run.Check(how, report);
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
