using Npgsql;

namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// Replay on the target of a switchover by promotion waits for a session that reads there, and would for ever: where that is seen before,
/// nothing is stopped; where it comes up afterwards, the session is ended, because every writer waits for it.
/// </summary>
[Trait("Category", "Long")]
public sealed class RecoveryConflictTests : ClusterTest
{
    private const string Vacuum = "VACUUM (TRUNCATE off) held";
    private const string Lock = "ALTER TABLE held ADD COLUMN IF NOT EXISTS more int";

    [Theory]
    [InlineData(Vacuum, "RecoveryConflictSnapshot"), InlineData(Lock, "relation")]
    public async Task One_that_is_there_is_named_before_anything_stops(string conflict, string waits)
    {
        await using var run = await HandoverRun.Start(await NothingCutsReaders());
        NpgsqlConnection reader = null!;
        var (how, report) = await run.Play(0, async () => reader = await Conflict(run, conflict, waits));
        Assert.True(how == "undone" && run.PrimaryRanOn, $"{how}: {report}");
        Assert.Contains($"session {reader.ProcessID}", report, StringComparison.Ordinal);
        await reader.DisposeAsync();
        await run.Check(how, report);
        (how, report) = await run.Play(0, () => Task.CompletedTask);
        Assert.True(how == "done", $"{how}: {report}");
        await run.Check(how, report);
    }

    [Theory]
    [InlineData(Vacuum, "RecoveryConflictSnapshot"), InlineData(Lock, "relation")]
    public async Task One_that_comes_up_later_costs_the_reader_its_session(string conflict, string waits)
    {
        await using var run = await HandoverRun.Start(await NothingCutsReaders());
        await using var idle = await run.S.Postgres.Connect();
        NpgsqlConnection reader = null!;
        var (how, report) = await run.Play(run.HandOver, async () => reader = await Conflict(run, conflict, waits));
        Assert.True(how == "done", $"{how}: {report}");
        Assert.Matches($"ended [^;]*session {reader.ProcessID} ", report);
        await idle.Run("SELECT 1"); // it is in nobody's way
        await reader.DisposeAsync();
        await run.Check(how, report);
    }

    private async Task<TestCluster> NothingCutsReaders()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, c => c.N2.AddToPostgresConf("""
            max_standby_streaming_delay = -1
            max_standby_archive_delay = -1
            hot_standby_feedback = off
            """)));
        await cluster.N1.Postgres.Execute("CREATE TABLE held AS SELECT generate_series(1, 100) i");
        await Wait.Until("the table is there", async () => await cluster.N2.Postgres.Ask<bool>("SELECT to_regclass('held') IS NOT NULL"));
        return cluster;
    }

    /// <summary>A session reads on the standby; the primary takes away what it reads.</summary>
    private static async Task<NpgsqlConnection> Conflict(HandoverRun run, string conflict, string waits)
    {
        var reader = await run.S.Postgres.Connect();
        await reader.Run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM held");
        await run.P.Postgres.Execute("DELETE FROM held");
        await Wait.Until("replay waits for it", async () =>
        {
            await run.P.Postgres.Execute(conflict); // again, where an older transaction still sees the rows
            return await run.S.Postgres.Ask<bool>($"SELECT coalesce(bool_or(wait_event = '{waits}'), false) FROM pg_stat_activity WHERE backend_type = 'startup'");
        });
        return reader;
    }
}
