using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>Processes of the primary's server that hang or die one by one. A commit waits for one of two standbys.</summary>
[Collection(MachinesCollection.Name)]
public sealed class FrozenTests(SynchronousMachines machines) : ClusterTest
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact, Trait("Category", "Long")]
    public async Task A_postmaster_that_hangs_is_killed_after_hang_after_and_another_one_serves()
    {
        await using var run = await Begin();
        await run.Primary.Postgres.FreezePostmaster();
        await run.Succeeds();
        Assert.False(await Seen.AcceptsWrites(run.Primary.Node));
        await run.End(1..1);
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_single_backend_that_hangs_is_no_matter()
    {
        await using var run = await Begin();
        await using var session = await run.Primary.Postgres.Connect();
        Signal.Send(session.ProcessID, Signal.Stop);
        await StaysFor(run, Machines.HangAfter * 1.5);
        Signal.Send(session.ProcessID, Signal.Continue);
        await run.End(0..0);
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_checkpointer_that_hangs_is_no_matter()
    {
        await using var run = await Begin();
        Signal.Send(Assert.Single(run.Primary.Titled("checkpointer")), Signal.Stop);
        await StaysFor(run, Machines.HangAfter * 1.5);
        await run.End(0..0);
    }

    /// <summary>
    /// A frozen WAL sender keeps its slot, so its standby cannot connect again, and no signal but SIGKILL reaches it. PostgreSQL answers, and a commit that waits for a
    /// standby is no hang: nobody takes its place. Whoever kills them gets a server that recovers, with the same postmaster.
    /// </summary>
    [Fact, Trait("Category", "Long")]
    public async Task WAL_senders_that_hang_may_hold_commits_back_until_they_are_killed_and_cost_no_failover()
    {
        await using var run = await Begin();
        var senders = run.Primary.Titled("walsender");
        Assert.Equal(2, senders.Count);
        foreach (var sender in senders) Signal.Send(sender, Signal.Stop);
        await Task.Delay(Machines.HangAfter * 2, Cancel);
        Assert.True(await run.Stays());
        foreach (var sender in senders) Signal.Send(sender, Signal.Kill);
        FaultRun.Say($"commits went on {FaultRun.Seconds(await run.Writes(run.Primary))} after they were killed");
        await run.End(0..0);
    }

    /// <summary>Each time the server ends all sessions and recovers, with the same postmaster: it does not hang, and nobody takes its place.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_backend_that_is_killed_every_three_seconds_costs_no_failover()
    {
        await using var run = await Begin();
        var postmaster = run.Primary.Postgres.Pid;
        for (var i = 0; i < 5; i++)
        {
            await using (var session = await run.Primary.Postgres.Connect())
            {
                Signal.Send(session.ProcessID, Signal.Kill);
                await Task.Delay(TimeSpan.FromSeconds(3), Cancel);
            }
            await run.Writes(run.Primary);
        }
        Assert.Equal(postmaster, run.Primary.Postgres.Pid);
        await run.End(0..0);
    }

    private async Task<FaultRun> Begin()
    {
        Share(machines.Cluster);
        return await FaultRun.Begin(machines);
    }

    private static async Task StaysFor(FaultRun run, TimeSpan time)
    {
        await Task.Delay(time, Cancel);
        await run.Writes(run.Primary);
        Assert.True(await run.Stays());
    }
}
