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
    public Task It_is_cut_off() => InEachPhase(CutOff, _ => Task.CompletedTask);

    [Fact]
    public async Task What_it_misses_may_span_segments()
    {
        await using var run = await HandoverRun.Start(await BothRunning());
        for (var round = 0; round < 2; round++)
        {
            var (how, report) = await run.Play(run.HandOver, async () =>
            {
                await CutOff(run);
                for (var i = 0; i < 40; i++)
                    await run.P.Postgres.Execute("SELECT pg_logical_emit_message(true, 'bulk', repeat('x', 1000000))");
                await run.WritesOn(run.P);
            });
            Assert.True(how == "done", $"{how}: {report}");
            Assert.Matches(@"\D4\d{7} bytes of WAL came from", report);
            await run.Check(how, report);
        }
    }

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

    internal static async Task CutOff(HandoverRun run)
    {
        await run.S.Postgres.Execute($"ALTER SYSTEM SET primary_conninfo = 'host={run.P.Address} port=1'");
        await run.S.Postgres.Execute("SELECT pg_reload_conf()");
        await Wait.Until("it is cut off", async () => !await run.S.Postgres.StreamsFrom(run.P.Postgres));
    }

    /// <summary>0 where there is none any more.</summary>
    internal static async Task<int> ToReceiver(TestNode standby, int signal)
    {
        await using var session = await standby.Postgres.Connect();
        await using var question = new NpgsqlCommand("SELECT pid FROM pg_stat_wal_receiver", session);
        var pid = await question.ExecuteScalarAsync(TestContext.Current.CancellationToken) as int? ?? 0;
        if (pid > 0) Signal.Send(pid, signal);
        return pid;
    }
}
