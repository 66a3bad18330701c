namespace PgHa.Cluster.Tests.Slots;

/// <summary>While writes wait for a switchover by promotion, no slot is worth more than its bound, and none keeps the others back.</summary>
[Trait("Category", "Long")]
public sealed class SlotsInTheInterruptionTests : ClusterTest
{
    private const string Fast = "instance/switchover/masterSlave?by=promote";

    /// <summary>An old transaction keeps the slot's restart_lsn: to advance it, the server reads all that was written since.</summary>
    [Fact]
    public async Task A_slot_that_takes_long_to_advance_stays_where_it_is_safe()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreatePublication();
        await cluster.N1.CreateSlot("c");
        await cluster.N2.PlaceSlots();
        await using var old = await cluster.N1.Postgres.Connect();
        await old.Run("BEGIN; INSERT INTO ledger VALUES (-1, 'old')");
        await cluster.N1.Postgres.Execute("SELECT count(pg_logical_emit_message(true, 'pgha', repeat('x', 1000000))) FROM generate_series(1, 400)");
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Post, Fast);
        await operation.AdvanceTo("end the sessions of");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N1.Postgres.Execute("SELECT pg_replication_slot_advance('c', pg_current_wal_flush_lsn())");
        await cluster.N1.Postgres.Execute("CHECKPOINT"); // writes where the consumer stands, which is what a server that is stopped at once leaves of it
        await operation.TryResumeAll();
        var (how, report) = await operation.End();
        Assert.True(how == "done", $"{how}: {report}");
        Assert.Contains("comes to its consumer again", report, StringComparison.Ordinal);
        Assert.Contains("\"not_carried\":[]", report, StringComparison.Ordinal);
    }

    /// <summary>The session ends in the middle of the first slot; the second finds it closed.</summary>
    [Fact]
    public async Task A_stop_in_the_middle_of_the_regular_levelling_leaves_the_agent_at_work()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        foreach (var slot in new[] { "a", "b", "c" }) await cluster.N1.CreateSlot(slot);
        await cluster.N2.PlaceSlots();
        await using var old = await cluster.N1.Postgres.Connect();
        await old.Run("BEGIN; INSERT INTO ledger VALUES (-1, 'old')");
        await cluster.N1.Postgres.Execute("SELECT count(pg_logical_emit_message(true, 'pgha', repeat('x', 1000000))) FROM generate_series(1, 400)");
        await cluster.N1.Postgres.Execute("SELECT pg_replication_slot_advance(slot_name, pg_current_wal_flush_lsn()) FROM pg_replication_slots WHERE slot_type = 'logical'");
        await Wait.Until("a copy is being advanced", () => cluster.N2.Postgres.Ask<bool>("SELECT count(active_pid) > 0 FROM pg_replication_slots WHERE slot_type = 'logical'"), 30);
        var agent = cluster.N2.Agent.Pid;
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await cluster.Play("POST N2 instance/current → master, slave");
        Assert.Equal(agent, cluster.N2.Agent.Pid);
        await cluster.N2.PlaceSlots();
    }

    [Fact]
    public async Task A_database_that_lets_nobody_in_keeps_only_its_own_slots_back()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.Postgres.Execute("CREATE DATABASE closed");
        await using (var closed = await cluster.N1.Postgres.Connect("closed"))
            await closed.Run("SELECT pg_create_logical_replication_slot('inside', 'pgoutput')");
        await cluster.N1.CreateSlot("outside");
        await Wait.Until("the standby has the database", () => cluster.N2.Postgres.Ask<bool>("SELECT count(*) = 1 FROM pg_database WHERE datname = 'closed'"));
        await cluster.N2.PlaceSlots();
        await cluster.Ledger.Insert(cluster.N1);
        foreach (var (slot, database) in new[] { ("inside", "closed"), ("outside", "postgres") })
            await using (var connection = await cluster.N1.Postgres.Connect(database))
                await connection.Run($"SELECT pg_replication_slot_advance('{slot}', pg_current_wal_flush_lsn())");
        await cluster.N1.Postgres.Execute("ALTER DATABASE closed ALLOW_CONNECTIONS false");
        await Wait.Until("it is closed on the standby", () => cluster.N2.Postgres.Ask<bool>("SELECT NOT datallowconn FROM pg_database WHERE datname = 'closed'"));
        var outside = await cluster.N1.Confirmed("outside");
        var answer = await cluster.N1.Api.Post(Fast);
        Assert.True(answer.Status == 200, answer.ToString());
        Assert.Equal(outside, await cluster.N2.Confirmed("outside"));
        Assert.NotNull(await cluster.N2.Confirmed("inside"));
    }
}
