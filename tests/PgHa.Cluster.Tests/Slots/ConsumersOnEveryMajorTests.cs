namespace PgHa.Cluster.Tests.Slots;

/// <summary>A consumer of pgoutput through every kind of change of roles, on each major version beside the one that all other tests use.</summary>
[Trait("Category", "Long")]
public sealed class ConsumersOnEveryMajorTests : ClusterTest
{
    private const string Slot = "c";
    private const string PhysicalSlot = "SELECT pg_create_physical_replication_slot('standby', true)";

    [Theory]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    public async Task A_consumer_receives_every_row(int major)
    {
        var cluster = await Running(major);
        await cluster.N1.CreateSlot(Slot);
        await WithConsumer(cluster, async () =>
        {
            await Carried(cluster, cluster.N2);
            await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
            await Carried(cluster, cluster.N1);
            await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → master, slave");
            await Carried(cluster, cluster.N2);
            await cluster.Play("POST N1 instance/switchover/masterSlave → slave, master");
            await Carried(cluster, cluster.N1);
            await cluster.Play("POST N1 instance/switchover/slaveMaster → master, slave");
            await Carried(cluster, cluster.N2);
            await cluster.Play("""
                DELETE N1 instance/current           → inactive, recovery
                POST   N2 instance/failover/promote  → inactive, single
                POST   N1 instance/slave             → slave, master
                """);
            await Carried(cluster, cluster.N1);
            await cluster.Play("""
                DELETE N2 instance/current           → recovery, inactive
                POST   N1 instance/failover/restart  → single, inactive
                POST   N2 instance/slave             → master, slave
                """);
        });
    }

    /// <summary>The server's own way: what an operator sets up for it, on both nodes.</summary>
    [Theory]
    [InlineData(17)]
    [InlineData(18)]
    public async Task Failover_slots_are_left_to_the_server_which_goes_on_copying_them_after_a_change_of_roles(int major)
    {
        var cluster = await Running(major, "sync_replication_slots = on\nhot_standby_feedback = on\nprimary_slot_name = 'standby'");
        await cluster.N1.Postgres.Execute($"SELECT pg_create_logical_replication_slot('{Slot}', 'pgoutput', false, false, true)");
        await WithConsumer(cluster, async () =>
        {
            await Carried(cluster, cluster.N2);
            Assert.True(await Synced(cluster.N2));
            await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
            await Carried(cluster, cluster.N1);
            Assert.True(await Synced(cluster.N1));
            await cluster.Play("POST N1 instance/switchover/masterSlave → master, slave");
            await Carried(cluster, cluster.N2);
            Assert.True(await Synced(cluster.N2));
        });
    }

    /// <summary>The consumer waits for the standby; a value that still named the slot of the new primary itself would stop it for ever.</summary>
    [Theory]
    [InlineData(17)]
    [InlineData(18)]
    public async Task The_slots_that_consumers_wait_for_follow_the_primary(int major)
    {
        var cluster = await Running(major, "sync_replication_slots = on\nhot_standby_feedback = on");
        // Its standby streams with pgha's slot, so that consumers wait for what is in use.
        await cluster.N1.Postgres.Execute($"SELECT pg_create_logical_replication_slot('{Slot}', 'pgoutput', false, false, true)");
        await cluster.N1.Postgres.Execute("ALTER SYSTEM SET synchronized_standby_slots = 'pgha_pg_node02'");
        await cluster.N1.Postgres.Execute("SELECT pg_reload_conf()");
        await WaitsFor(cluster.N2, "pgha_pg_node01");
        await WithConsumer(cluster, async () =>
        {
            await Carried(cluster, cluster.N2);
            await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
            await WaitsFor(cluster.N2, "pgha_pg_node01");
            await WaitsFor(cluster.N1, "pgha_pg_node02");
        });
        await cluster.N2.Postgres.Execute("ALTER SYSTEM RESET synchronized_standby_slots");
        await cluster.N2.Postgres.Execute("SELECT pg_reload_conf()");
        await WaitsFor(cluster.N1, "");
    }

    /// <summary>Without hot_standby_feedback the primary removes catalog rows that a copy which is not levelled still needs: its server gives it up.</summary>
    [Theory]
    [InlineData(16)]
    [InlineData(18)]
    public async Task A_copy_that_its_server_has_given_up_is_made_anew(int major)
    {
        var cluster = await Running(major);
        await cluster.N1.CreateSlot(Slot);
        await WithConsumer(cluster, () => Carried(cluster, cluster.N2));
        await cluster.N2.Agent.Stop();
        await Wait.Until("the copy is of no use any more", async () =>
        {
            await cluster.N1.Postgres.Execute("CREATE TABLE passing (i int)");
            await cluster.N1.Postgres.Execute("DROP TABLE passing"); // in a transaction of its own: what came and went in one was seen by nobody
            await cluster.N1.Postgres.Execute($"SELECT pg_log_standby_snapshot(), pg_replication_slot_advance('{Slot}', pg_current_wal_flush_lsn())");
            await cluster.N1.Postgres.Execute("VACUUM pg_class");
            return await cluster.N2.Postgres.Ask<bool>($"SELECT coalesce(conflicting, false) FROM pg_replication_slots WHERE slot_name = '{Slot}'");
        }, 60);
        await cluster.N2.StartAgent();
        await WithConsumer(cluster, async () =>
        {
            await Carried(cluster, cluster.N2);
            await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
        });
    }

    private static Task WaitsFor(TestNode node, string slots) => Wait.Until($"{node.Name} is to wait for {slots}", async () =>
        await node.Postgres.Ask<string>("SHOW synchronized_standby_slots") == slots, 30);

    private async Task<TestCluster> Running(int major, string settings = "")
    {
        var cluster = Keep(await MajorPair.Stopped(major, async c =>
        {
            await LogicalPair.Prepare(c);
            foreach (var node in c.Nodes) await node.AddToPostgresConf(settings);
        }));
        await cluster.Play("POST N1 instance/master → single, inactive");
        if (settings.Length > 0) await cluster.N1.Postgres.Execute(PhysicalSlot);
        await cluster.Play("POST N2 instance/slave → master, slave");
        if (settings.Length > 0) await cluster.N2.Postgres.Execute(PhysicalSlot);
        await cluster.N1.CreatePublication();
        return cluster;
    }

    private static Task<bool> Synced(TestNode node) =>
        node.Postgres.Ask<bool>($"SELECT synced AND failover AND NOT temporary AND invalidation_reason IS NULL FROM pg_replication_slots WHERE slot_name = '{Slot}'");

    /// <summary>The standby holds a copy that counts.</summary>
    private static Task Carried(TestCluster cluster, TestNode standby) => Wait.Until($"the slot's copy on {standby.Name} counts", async () =>
        (await standby.Api.Post("slots/file?restart=true")) is { Status: 200 } answer && answer.Field("notCarried")?.ToString() == "{}", 60);

    private static async Task WithConsumer(TestCluster cluster, Func<Task> changes)
    {
        var earlier = cluster.Ledger.Acknowledged.ToHashSet();
        await using var consumer = new Consumer(cluster, Slot, "pgoutput");
        await using (new WritingClients(cluster))
        {
            await Wait.Until("the consumer receives rows", () => consumer.Count > 20, 20);
            await changes();
            var before = consumer.Count;
            await Wait.Until("the consumer receives rows again", () => consumer.Count > before + 20, 20);
        }
        await consumer.AssertComplete([.. cluster.Ledger.Acknowledged.Except(earlier)]);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
