using Npgsql;

namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// On a new timeline a standby first fetches its segment once more from its beginning, into a file of its own. Until it is back where it
/// was, that file lacks what the one of the older timeline holds, which is no fork.
/// </summary>
public sealed class FetchedAgainTests : ClusterTest
{
    private const string Fetching = """
        SELECT r.pid FROM pg_stat_wal_receiver r WHERE r.status = 'streaming' AND r.received_tli > 1
           AND r.written_lsn < pg_last_wal_replay_lsn() - 1000000
        """;

    [Fact]
    public async Task A_standby_that_fetches_its_segment_again_is_not_taken_for_forked()
    {
        var cluster = await ThreeRunning();
        var frozen = 0;
        for (var (round, primary) = (0, cluster.N1); frozen == 0 && round < 8; round++)
        {
            var other = primary == cluster.N1 ? cluster.N2 : cluster.N1;
            await FillSegment(primary.Postgres);
            using var stop = new CancellationTokenSource();
            var freezing = Task.Run(() => FreezeWhileItFetches(cluster.N3, stop.Token));
            await primary.Api.Post($"instance/switchover/masterSlave?by=promote&to={other.Name}");
            await stop.CancelAsync();
            (frozen, primary) = (await freezing, other);
        }
        Assert.NotEqual(0, frozen);
        var caller = cluster.N3.Api;
        var answer = await caller.Post("instance/switchover/masterSlave?by=promote&to=pg-node03&dryRun=true");
        Signal.Send(frozen, Signal.Continue);
        Assert.True(answer.Status == 200, answer.ToString());
        answer = await caller.Post("instance/switchover/masterSlave?by=promote&to=pg-node03");
        Assert.True(answer.Status == 200, answer.ToString());
        await cluster.Ledger.Insert(cluster.N3);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>Most of a segment is used: it takes a moment to be fetched.</summary>
    private static async Task FillSegment(Postgres primary)
    {
        while (await primary.Ask<int>("SELECT file_offset FROM pg_walfile_name_offset(pg_current_wal_lsn())") < 12_000_000)
            await primary.Execute("SELECT pg_logical_emit_message(false, 'fill', repeat('x', 1000000))");
    }

    /// <summary>Freezes the walreceiver in the middle of it; 0 where that was missed.</summary>
    private static async Task<int> FreezeWhileItFetches(TestNode standby, CancellationToken stop)
    {
        await using var session = await standby.Postgres.Connect();
        await using var question = new NpgsqlCommand(Fetching, session);
        while (!stop.IsCancellationRequested)
            if (await question.ExecuteScalarAsync(TestContext.Current.CancellationToken) is int pid)
            {
                Signal.Send(pid, Signal.Stop);
                await Wait.Until("it is frozen", () => ServerProcesses.IsFrozen(pid));
                if (await question.ExecuteScalarAsync(TestContext.Current.CancellationToken) is int still && still == pid) return pid;
                Signal.Send(pid, Signal.Continue);
            }
        return 0;
    }
}
