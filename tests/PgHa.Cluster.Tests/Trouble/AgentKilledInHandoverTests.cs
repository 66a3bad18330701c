namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// An agent is killed at moments within the steps that end the primary and promote the target: postmasters may be stopped by its signal
/// then. (The crash points are between the steps.) Started again, it or the other one finishes the switchover or undoes it.
/// </summary>
public sealed class AgentKilledInHandoverTests : ClusterTest
{
    [Theory, Trait("Category", "Long")]
    [InlineData(true), InlineData(false)]
    public async Task While_the_primary_is_ended(bool coordinator) => await AtMoments(run => run.HandOver, coordinator);

    [Theory, Trait("Category", "Long")]
    [InlineData(true), InlineData(false)]
    public async Task While_the_target_is_promoted(bool coordinator) => await AtMoments(run => run.TakeOver, coordinator);

    /// <summary>The second step begins before the end of the first is written: what the journal says then may be too little.</summary>
    [Theory, Trait("Category", "Long")]
    [InlineData(true), InlineData(false)]
    public async Task While_the_one_leads_on_to_the_other(bool coordinator) => await AtMoments(run => run.HandOver, coordinator, "?steps=2", from: 20, to: 150);

    private async Task AtMoments(Func<HandoverRun, int> step, bool coordinator, string resume = "", int from = 0, int to = 60)
    {
        await using var run = await HandoverRun.Start(await BothRunning());
        for (var milliseconds = from; milliseconds <= to; milliseconds += (to - from) / 12)
        {
            var victim = coordinator ? run.P : run.S;
            var (how, report) = await run.Play(step(run), async operation =>
            {
                await operation.Resume(resume);
                await Task.Delay(milliseconds, TestContext.Current.CancellationToken); // a moment of its own, whatever happens in it
                await victim.Agent.Kill();
                await victim.StartAgent();
                await operation.TryResumeAll();
            });
            TestContext.Current.TestOutputHelper?.WriteLine($"{milliseconds} ms after it began: {how} {report}");
            await run.Check(how, report);
        }
    }
}
