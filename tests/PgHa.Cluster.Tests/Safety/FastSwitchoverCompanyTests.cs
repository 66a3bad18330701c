using System.Diagnostics;
using Npgsql;

namespace PgHa.Cluster.Tests.Safety;

/// <summary>What goes on on a primary in the moment of its switchover by promotion: nothing of it holds the switchover up or is lost by it.</summary>
public sealed class FastSwitchoverCompanyTests : ClusterTest
{
    private const string There = "instance/switchover/masterSlave?by=promote";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(8);

    [Theory]
    [InlineData("BEGIN; INSERT INTO ledger VALUES (-1, 'open')", "idle in transaction")]
    [InlineData("BEGIN; SELECT * FROM ledger", "idle in transaction")]
    [InlineData("INSERT INTO ledger SELECT -i, pg_sleep(0.01)::text FROM generate_series(1, 100000) i", "active")]
    public async Task An_open_transaction_ends_with_nothing_of_it_committed(string sql, string state)
    {
        var cluster = await BothRunning();
        await using var session = await cluster.N1.Postgres.Connect();
        await using var command = new NpgsqlCommand(sql, session) { CommandTimeout = 60 };
        var running = command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await Wait.Until($"it is {state}", async () => await cluster.N1.Postgres.Ask<long>(
            $"SELECT count(*) FROM pg_stat_activity WHERE pid = {session.ProcessID} AND state = '{state}'") == 1);
        await Switched(cluster);
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () =>
        {
            await running;
            await using var commit = new NpgsqlCommand("COMMIT", session);
            await commit.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        });
        Assert.Equal(0, await cluster.N2.Postgres.Ask<long>("SELECT count(*) FROM ledger WHERE id < 0"));
    }

    [Fact]
    public async Task A_prepared_transaction_can_be_committed_on_the_new_primary()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each =>
            Task.WhenAll(each.Nodes.Select(node => node.AddToPostgresConf("max_prepared_transactions = 5")))));
        await cluster.N1.Postgres.Execute("BEGIN; INSERT INTO ledger VALUES (-2, 'prepared'); PREPARE TRANSACTION 'kept'");
        await Switched(cluster);
        await cluster.N2.Postgres.Execute("COMMIT PREPARED 'kept'");
        Assert.Equal(1, await cluster.N2.Postgres.Ask<long>("SELECT count(*) FROM ledger WHERE id = -2"));
        await cluster.AssertSameTables();
    }

    [Fact]
    public async Task A_base_backup_is_broken_off()
    {
        var cluster = await BothRunning();
        var folder = cluster.N1.In("backup");
        using var backup = AsPostgres.StartLogged(cluster.N1.In("backup.log"), Path.Combine(AsPostgres.BinDir, "pg_basebackup"),
            "-D", folder, "--max-rate=32k", "--checkpoint=fast", "-h", cluster.N1.Address, "-p", $"{cluster.N1.Postgres.Port}", "-U", "postgres");
        await Wait.Until("the backup streams", async () =>
            await cluster.N1.Postgres.Ask<long>("SELECT count(*) FROM pg_stat_progress_basebackup WHERE phase = 'streaming database files'") == 1);
        await Switched(cluster);
        await backup.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Soon, TestContext.Current.CancellationToken);
        Assert.NotEqual(0, backup.ExitCode);
    }

    [Fact]
    public async Task A_stuck_logical_consumer_does_not_hold_it_up()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: LogicalPair.Prepare));
        await cluster.N1.CreateSlot("consumer", "test_decoding");
        using var consumer = AsPostgres.StartLogged(
            "/dev/null", Path.Combine(AsPostgres.BinDir, "pg_recvlogical"), "--start", "-S", "consumer", "-f", "-",
            "-d", "postgres", "-h", cluster.N1.Address, "-p", $"{cluster.N1.Postgres.Port}", "-U", "postgres");
        try
        {
            await Wait.Until("the consumer streams", async () =>
                await cluster.N1.Postgres.Ask<bool>("SELECT active FROM pg_replication_slots WHERE slot_name = 'consumer'"));
            Signal.Send(consumer.Id, Signal.Stop);
            await cluster.N1.Postgres.Execute("CREATE TABLE bulk AS SELECT i, repeat('x', 200) AS text FROM generate_series(1, 200000) i");
            await Switched(cluster);
        }
        finally
        {
            consumer.Kill();
        }
    }

    [Fact]
    public async Task A_frozen_target_is_refused_before_anything_stops()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.Freeze();
        var before = cluster.N1.Postgres.Pid;
        var answer = await cluster.N1.Api.Post(There);
        Assert.True(answer.Status == 409, answer.ToString());
        Assert.Equal(before, cluster.N1.Postgres.Pid);
        await cluster.Ledger.Insert(cluster.N1);
        cluster.N2.Postgres.Thaw();
        await cluster.WaitForStates("master", "slave");
        await Switched(cluster);
    }

    [Fact]
    public async Task Where_a_session_is_frozen_nobody_is_interrupted()
    {
        var cluster = await BothRunning();
        await using var session = await cluster.N1.Postgres.Connect();
        Signal.Send(session.ProcessID, Signal.Stop);
        await Wait.Until("its backend is frozen", () => ServerProcesses.IsFrozen(session.ProcessID));
        await using var other = await cluster.N1.Postgres.Connect();
        var answer = await cluster.N1.Api.Post(There);
        Assert.True(answer.Status == 409 && answer.Message!.Contains($"cannot be ended: {session.ProcessID}", StringComparison.Ordinal), answer.ToString());
        await cluster.Ledger.InsertOne(cluster.N1, other); // the same session
        Signal.Send(session.ProcessID, Signal.Continue);
        await Switched(cluster);
    }

    /// <summary>Waiting for a program it reads from, it hears of no signal.</summary>
    [Fact]
    public async Task Where_a_session_does_not_end_writes_are_interrupted_for_little_more_than_a_second()
    {
        var cluster = await BothRunning();
        await using var stubborn = await Stubborn.On(cluster.N1);
        var before = cluster.N1.Postgres.Pid;
        await using (new WritingClients(cluster))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.CountOn(cluster.N1) > 20);
            var answer = await cluster.N1.Api.Post(There);
            Assert.True(answer.Status >= 400 && answer.Message!.Contains($"{stubborn.Pid} (client backend)", StringComparison.Ordinal), answer.ToString());
            var rows = cluster.Ledger.CountOn(cluster.N1);
            await Wait.Until("rows are written again", () => cluster.Ledger.CountOn(cluster.N1) > rows + 20);
        }
        Assert.Equal(before, cluster.N1.Postgres.Pid);
        Assert.InRange(cluster.Ledger.LongestPause(cluster.N1), TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(2.5));
        stubborn.LetEnd();
        await Switched(cluster);
    }

    /// <summary>An apply worker commits on the primary what it gets from a publisher, and tells the publisher what it has for good.</summary>
    [Fact]
    public async Task What_a_subscription_has_confirmed_is_not_lost()
    {
        var cluster = await BothRunning();
        var publisher = Keep(await TestCluster.AllRunning(1, LogicalPair.Prepare));
        await publisher.N1.CreatePublication();
        await cluster.N1.Postgres.Execute($"CREATE SUBSCRIPTION taker CONNECTION 'host={publisher.N1.Address} port={publisher.N1.Postgres.Port} user=postgres dbname=postgres' PUBLICATION {Consumer.Publication}");
        await using (new WritingClients(publisher))
            for (var round = 0; round < 4; round++)
            {
                var (from, to) = round % 2 == 0 ? (cluster.N1, cluster.N2) : (cluster.N2, cluster.N1);
                await Applies(from);
                var answer = await from.Api.Post(There);
                Assert.True(answer.Status == 200, answer.ToString());
                await Applies(to);
            }
        var expected = publisher.Ledger.Acknowledged.Count;
        foreach (var node in cluster.Nodes)
            await Wait.Until($"{node.Name} has all {expected} rows", async () => await Rows(node) >= expected, 60);
        Assert.Equal(await Rows(publisher.N1), await Rows(cluster.N1));
    }

    [Fact]
    public async Task With_three_nodes_under_writing_clients_the_third_follows_throughout()
    {
        var cluster = await ThreeRunning();
        var third = cluster.N3.Postgres.Pid;
        await using var watch = new WriterWatch(cluster);
        await using (new WritingClients(cluster))
            await cluster.Play($"""
                insert
                POST N1 {There}&to=pg-node02 → slave, master, slave
                insert
                POST N3 {There}&to=pg-node01 → master, slave, slave
                insert
                """);
        Assert.Equal(third, cluster.N3.Postgres.Pid);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.AssertSameTables();
        Assert.Equal("121", string.Concat(watch.AssertOneWriter().Select(node => node.Number)));
    }

    /// <summary>From N1 to N2 under writing clients, and soon; nothing is lost.</summary>
    private static async Task Switched(TestCluster cluster)
    {
        await using (new WritingClients(cluster))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.CountOn(cluster.N1) > 20);
            var clock = Stopwatch.StartNew();
            await cluster.Play($"POST N1 {There} → slave, master");
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, Soon);
            await Wait.Until("rows are written again", () => cluster.Ledger.CountOn(cluster.N2) > 20);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    private static async Task Applies(TestNode node)
    {
        var before = await Rows(node);
        await Wait.Until($"{node.Name} applies", async () => await Rows(node) > before + 20, 30);
    }

    private static Task<long> Rows(TestNode node) => node.Postgres.Ask<long>("SELECT count(*) FROM ledger");
}
