namespace PgHa.Cluster.Tests.Trouble;

/// <summary>A fast shutdown waits for what listens to its WAL: up to a minute for one that does not (fact 13).</summary>
public sealed class SlowStopTests : ClusterTest
{
    private static readonly TimeSpan WellUnderAMinute = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_frozen_standby_does_not_hold_up_the_stop_of_the_primary()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.Freeze();
        await cluster.Ledger.Insert(cluster.N1);
        await StopsInTime(cluster, "unknown");
        cluster.N2.Postgres.Thaw();
        await cluster.WaitForStates("inactive", "recovery");
        await cluster.Play("POST N1 instance/master → eventually master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_stuck_logical_consumer_does_not_hold_up_the_stop_of_the_primary()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => each.N1.AddToPostgresConf("wal_level = logical")));
        await cluster.N1.Postgres.Execute("SELECT pg_create_logical_replication_slot('consumer', 'test_decoding')");
        using var consumer = AsPostgres.StartLogged(
            "/dev/null", Path.Combine(AsPostgres.BinDir, "pg_recvlogical"), "--start", "-S", "consumer", "-f", "-",
            "-d", "postgres", "-h", cluster.N1.Address, "-p", $"{cluster.N1.Postgres.Port}", "-U", "postgres");
        try
        {
            await Wait.Until("the consumer streams", async () =>
                await cluster.N1.Postgres.Ask<bool>("SELECT active FROM pg_replication_slots WHERE slot_name = 'consumer'"));
            Signal.Send(consumer.Id, Signal.Stop);
            await cluster.N1.Postgres.Execute("CREATE TABLE bulk AS SELECT i, repeat('x', 200) AS text FROM generate_series(1, 200000) i");
            await StopsInTime(cluster, "recovery");
        }
        finally
        {
            consumer.Kill();
        }
    }

    private static async Task StopsInTime(TestCluster cluster, string stateOfN2)
    {
        var answer = await cluster.N1.Api.Delete("instance/current");
        await cluster.AssertStates(answer, "inactive", stateOfN2);
        Assert.InRange(answer.Elapsed, TimeSpan.Zero, WellUnderAMinute);
        Assert.Equal("shut down", await cluster.N1.Postgres.ControlState());
    }
}
