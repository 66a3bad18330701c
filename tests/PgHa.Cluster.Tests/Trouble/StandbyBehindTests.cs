using Npgsql;

namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// The target of a switchover by promotion falls behind in each of its phases, while clients go on writing: either it is refused before
/// anything stops, or it is finished, without loss.
/// </summary>
public sealed class StandbyBehindTests : ClusterTest
{
    [Fact, Trait("Category", "Long")]
    public Task Its_replay_is_paused() => InEachPhase(
        run => run.S.Postgres.Execute("SELECT pg_wal_replay_pause()"),
        async run =>
        {
            if (await run.S.Postgres.Ask<bool>("SELECT pg_is_in_recovery()")) await run.S.Postgres.Execute("SELECT pg_wal_replay_resume()");
        });

    /// <summary>It comes back at once, and begins its segment anew.</summary>
    [Fact, Trait("Category", "Long")]
    public Task Its_walreceiver_ends() => InEachPhase(run => ToReceiver(run.S, Signal.Term), _ => Task.CompletedTask);

    [Fact, Trait("Category", "Long")]
    public Task It_is_cut_off() => InEachPhase(
        async run =>
        {
            await run.S.Postgres.Execute($"ALTER SYSTEM SET primary_conninfo = 'host={run.P.Address} port=1'");
            await run.S.Postgres.Execute("SELECT pg_reload_conf()");
            await Wait.Until("it is cut off", async () => !await run.S.Postgres.StreamsFrom(run.P.Postgres));
        },
        _ => Task.CompletedTask);

    [Fact, Trait("Category", "Long")]
    public Task Its_walreceiver_is_frozen()
    {
        var frozen = 0;
        return InEachPhase(
            async run => frozen = await ToReceiver(run.S, Signal.Stop),
            _ =>
            {
                if (frozen > 0) Signal.Send(frozen, Signal.Continue);
                return Task.CompletedTask;
            });
    }

    private async Task InEachPhase(Func<HandoverRun, Task> trouble, Func<HandoverRun, Task> relief)
    {
        var cluster = await BothRunning();
        await using var run = await HandoverRun.Start(cluster);
        for (var step = 0; step <= run.TakeOver; step++)
        {
            var (how, report) = await run.Play(step, async () =>
            {
                await trouble(run);
                if (step <= run.HandOver) await run.WritesOn(run.P); // which the standby misses
            });
            TestContext.Current.TestOutputHelper?.WriteLine($"before '{run.Steps[step]}': {how} {report}");
            Assert.True(how == "done" || (step < run.HandOver && run.PrimaryRanOn), $"the primary was stopped for nothing: {report}");
            await relief(run);
            await run.Check(how, report);
        }
    }

    /// <summary>0 where there is none any more.</summary>
    private static async Task<int> ToReceiver(TestNode standby, int signal)
    {
        await using var session = await standby.Postgres.Connect();
        await using var question = new NpgsqlCommand("SELECT pid FROM pg_stat_wal_receiver", session);
        var pid = await question.ExecuteScalarAsync(TestContext.Current.CancellationToken) as int? ?? 0;
        if (pid > 0) Signal.Send(pid, signal);
        return pid;
    }
}
