namespace PgHa.Cluster.Tests.Slots;

/// <summary>A slot that is not safe on the new primary is named, before a planned change of roles and in its operation; never faked.</summary>
public sealed class SlotsThatAreNotSafeTests : ClusterTest
{
    private const string Fast = "instance/switchover/masterSlave?by=promote";

    [Fact]
    public async Task A_slot_without_a_copy_is_named_by_the_dry_run_and_the_operation_of_a_switchover_by_promotion()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreateSlot("x");
        var plan = await cluster.N1.Api.Post(Fast + "&dryRun=true");
        Assert.StartsWith("slot x is not carried: pg-node02 has no copy of it; it is placed when", LogicalPair.NotCarried(plan.Field("not_carried")), StringComparison.Ordinal);
        Assert.StartsWith("slot x is not carried: pg-node02 has no copy of it", await cluster.N1.NamedBy(Fast), StringComparison.Ordinal);
        Assert.Null(await cluster.N2.Confirmed("x"));
    }

    [Fact]
    public async Task By_restart_a_slot_without_a_copy_is_carried_exactly()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreateSlot("x", "test_decoding");
        await cluster.Ledger.Insert(cluster.N1);
        var confirmed = await cluster.N1.Confirmed("x");
        Assert.Equal("", await cluster.N1.NamedBy("instance/switchover/masterSlave"));
        Assert.Equal(confirmed, await cluster.N2.Confirmed("x"));
        Assert.Equal(10L, await cluster.N2.Postgres.Ask<long>("SELECT count(*) FROM pg_logical_slot_get_changes('x', NULL, NULL) WHERE data LIKE '%INSERT%'"));
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_slot_whose_WAL_is_gone_is_named()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, async c =>
        {
            await LogicalPair.Prepare(c);
            await c.N1.AddToPostgresConf("max_slot_wal_keep_size = 16MB\nwal_keep_size = 48MB\nmin_wal_size = 32MB\nmax_wal_size = 32MB");
        }));
        await cluster.N1.CreateSlot("x");
        for (var i = 0; i < 8; i++)
        {
            await cluster.N1.Postgres.Execute("SELECT pg_switch_wal()");
            await cluster.N1.Postgres.Execute("SELECT pg_logical_emit_message(true, 'pgha', 'x')");
            var written = await cluster.N1.Postgres.Ask<string>("SELECT pg_current_wal_flush_lsn()::text");
            await Wait.Until("the standby has received it", () => cluster.N2.Postgres.Ask<bool>($"SELECT pg_last_wal_receive_lsn() >= '{written}'"));
            await cluster.N1.Postgres.Execute("CHECKPOINT");
        }
        Assert.Equal("lost", await cluster.N1.Postgres.Ask<string>("SELECT wal_status FROM pg_replication_slots"));
        var expected = "slot x is not carried: it can no longer be used on pg-node01: wal_removed";
        Assert.Equal(expected, await cluster.N1.NamedBy(Fast));
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_slot_of_that_name_with_another_plugin_is_named_and_stays()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreateSlot("x");
        await cluster.N2.PlaceSlots();
        await cluster.N2.Agent.Stop();
        File.Delete(cluster.N2.In("state/slot-copies")); // from now on it might be anybody's
        await cluster.N1.Postgres.Execute("SELECT pg_drop_replication_slot('x')");
        await cluster.N1.CreateSlot("x", "test_decoding");
        await cluster.N2.StartAgent();
        var answer = await cluster.N2.Api.Post("slots/file?restart=true");
        Assert.StartsWith("pg-node02 has another slot of that name (pgoutput in database 5, not test_decoding in database 5)", answer.Field("notCarried")!.Value.GetProperty("x").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("slot x is not carried: pg-node02 has another slot of that name", await cluster.N1.NamedBy("instance/switchover/masterSlave"), StringComparison.Ordinal);
        Assert.Equal("pgoutput", await cluster.N2.Postgres.Ask<string>("SELECT plugin::text FROM pg_replication_slots WHERE slot_name = 'x'"));
    }

    [Theory, Trait("Category", "Long")]
    [InlineData(1)] // the primary's own
    [InlineData(2)] // the copy
    public async Task A_damaged_state_file_is_put_aside_before_it_ends_the_servers_start(int number)
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreateSlot("x");
        await cluster.N1.CreateSlot("y");
        await cluster.N2.PlaceSlots();
        await cluster.Play("DELETE N1 instance/all → inactive, inactive");
        var node = cluster.Nodes[number - 1];
        var state = await File.ReadAllBytesAsync(node.Postgres.InData("pg_replslot/x/state"), TestContext.Current.CancellationToken);
        state[100] ^= 1;
        await File.WriteAllBytesAsync(node.Postgres.InData("pg_replslot/x/state"), state, TestContext.Current.CancellationToken);
        var answer = await cluster.N1.Api.Post("instance/all");
        Assert.True(answer.Status == 200, answer.ToString());
        Assert.Contains("the state file of slot x is damaged", LogicalPair.NotCarried((await cluster.N1.Api.Get(answer.Location!.ToString())).Field("not_carried")), StringComparison.Ordinal);
        Assert.Equal(state, await File.ReadAllBytesAsync(node.In("state/quarantine/x/state"), TestContext.Current.CancellationToken));
        Assert.NotNull(await node.Confirmed("y"));
        // The copy comes again from its original; an original that is damaged is nowhere else at the right place.
        Assert.Equal(number == 2, await node.Confirmed("x") is not null);
    }

    [Fact, Trait("Category", "Long")]
    public async Task Prepared_transactions_are_decoded_on_the_new_primary()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, async c =>
        {
            await LogicalPair.Prepare(c);
            foreach (var node in c.Nodes) await node.AddToPostgresConf("max_prepared_transactions = 10");
        }));
        await cluster.N1.CreateSlot("two", "test_decoding", twoPhase: true);
        await cluster.N2.PlaceSlots();
        await cluster.N1.Postgres.Execute("BEGIN; INSERT INTO ledger VALUES (-1, 'two'); PREPARE TRANSACTION 'two'");
        Assert.Equal("", await cluster.N1.NamedBy(Fast));
        await cluster.N2.Postgres.Execute("COMMIT PREPARED 'two'");
        var decoded = await cluster.N2.Postgres.Ask<string>("SELECT string_agg(data, '; ') FROM pg_logical_slot_get_changes('two', NULL, NULL, 'include-xids', 'false')");
        Assert.Contains("INSERT: id[bigint]:-1", decoded, StringComparison.Ordinal);
        Assert.Contains("PREPARE TRANSACTION 'two'", decoded, StringComparison.Ordinal);
        Assert.Contains("COMMIT PREPARED 'two'", decoded, StringComparison.Ordinal);
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("promote")]
    [InlineData("restart")]
    public async Task After_a_crash_of_the_primary_a_consumer_receives_every_row_from_the_standby(string form)
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreatePublication();
        await cluster.N1.CreateSlot("c");
        await cluster.N2.PlaceSlots();
        await using var consumer = new Consumer(cluster, "c", "pgoutput");
        await using (new WritingClients(cluster))
        {
            await Wait.Until("the consumer receives rows", () => consumer.Count > 50, 20);
            await cluster.N1.Postgres.KillAndWait();
            await cluster.Play($"POST N2 instance/failover/{form} → inactive, single");
            var before = consumer.Count;
            await Wait.Until("the consumer receives rows again", () => consumer.Count > before + 50, 20);
        }
        await consumer.AssertComplete(cluster.Ledger.Acknowledged);
    }
}
