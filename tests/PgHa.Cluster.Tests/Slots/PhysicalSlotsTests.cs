namespace PgHa.Cluster.Tests.Slots;

/// <summary>A node that was away finds its WAL where the primary is when it comes back: no new copy is needed.</summary>
public sealed class PhysicalSlotsTests : ClusterTest
{
    /// <summary>Nothing but a slot keeps more than a few segments.</summary>
    private const string KeepsLittle = "wal_keep_size = 0\nmin_wal_size = 32MB\nmax_wal_size = 32MB";

    [Fact]
    public async Task A_standby_that_was_away_while_much_was_written_streams_again_without_a_copy()
    {
        var cluster = await Keeping(2);
        await HasSlots(cluster.N1, "pgha_pg_node02");
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await WriteMuch(cluster, cluster.N1);
        await ComesBack(cluster, cluster.N2, "POST N2 instance/slave → master, slave");
        Assert.Equal("pgha_pg_node02", await cluster.N2.Postgres.Ask<string>("SHOW primary_slot_name"));
        Assert.True(await cluster.N1.Postgres.Ask<bool>("SELECT active FROM pg_replication_slots WHERE slot_name = 'pgha_pg_node02'"));
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("POST N1 instance/switchover/masterSlave?to=pg-node02 → slave, master, inactive", "POST N3 instance/slave → slave, master, slave")]
    [InlineData("POST N1 instance/switchover/masterSlave?to=pg-node02&by=promote → slave, master, inactive", "POST N3 instance/slave → slave, master, slave")]
    [InlineData("POST N2 instance/failover/promote → inactive, single, inactive", "POST N3 instance/slave → inactive, master, slave")]
    [InlineData("POST N2 instance/failover/restart → inactive, single, inactive", "POST N3 instance/slave → inactive, master, slave")]
    public async Task A_node_that_was_away_finds_its_WAL_on_the_new_primary_too(string change, string back)
    {
        var cluster = await Keeping(3);
        foreach (var node in cluster.Nodes)
            await HasSlots(node, [.. cluster.Nodes.Where(other => other != node).Select(SlotOf)]);
        await AdvancesOnStandby(cluster);
        await cluster.Play("DELETE N3 instance/current → master, slave, inactive");
        await WriteMuch(cluster, cluster.N1);
        if (change.Contains("failover", StringComparison.Ordinal))
            await cluster.Play("DELETE N1 instance/current → inactive, recovery, inactive");
        await cluster.Play(change);
        await WriteMuch(cluster, cluster.N2);
        await ComesBack(cluster, cluster.N3, back);
    }

    [Fact]
    public async Task The_slot_of_a_node_that_left_the_configuration_is_dropped()
    {
        var cluster = await Keeping(3);
        await HasSlots(cluster.N1, "pgha_pg_node02", "pgha_pg_node03");
        await cluster.N1.Postgres.Execute("SELECT pg_create_physical_replication_slot('somebody_elses')");
        await cluster.N3.Postgres.Stop();
        await cluster.N1.Agent.Stop();
        await File.WriteAllLinesAsync(cluster.N1.Agent.ConfigFile,
            File.ReadAllLines(cluster.N1.Agent.ConfigFile).Where(line => !line.Contains("pg-node03:", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
        await cluster.N1.StartAgent();
        await Wait.Until("its slot is dropped", async () => await SlotsOf(cluster.N1) == "pgha_pg_node02,somebody_elses", 30);
    }

    [Fact]
    public async Task Without_room_for_slots_roles_change_all_the_same_and_the_facts_say_so()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => Task.WhenAll(each.Nodes.Select(n => n.AddToPostgresConf("max_replication_slots = 0")))));
        await cluster.Play("insert");
        var answer = await cluster.N1.Api.Post("instance/switchover/masterSlave");
        await cluster.AssertStates(answer, "slave", "master");
        Assert.Contains("without a replication slot", (await cluster.N1.Api.Get(answer.Location!.ToString())).Body, StringComparison.Ordinal);
        await Wait.Until("the facts name it", async () => (await cluster.N2.Api.GetV2("node")).Field("slot_problem")?.GetString()?.Contains("max_replication_slots", StringComparison.Ordinal) == true, 30);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_slot_that_the_operator_has_set_stays()
    {
        var cluster = await Keeping(2);
        await cluster.N1.Postgres.Execute("SELECT pg_create_physical_replication_slot('by_hand')");
        await cluster.N2.Postgres.Execute("ALTER SYSTEM SET primary_slot_name = 'by_hand'");
        await cluster.Play("""
            DELETE N2 instance/current → single, inactive
            POST N2 instance/slave → master, slave
            """);
        Assert.True(await cluster.N1.Postgres.Ask<bool>("SELECT active FROM pg_replication_slots WHERE slot_name = 'by_hand'"));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task A_slot_that_holds_back_more_than_was_allowed_is_dropped_until_its_node_streams_again()
    {
        var cluster = await Keeping(2, "slot_keep_size: 32MB");
        await HasSlots(cluster.N1, "pgha_pg_node02");
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        var begin = await cluster.N1.Postgres.Ask<string>("SELECT pg_walfile_name(pg_current_wal_lsn())");
        await WriteMuch(cluster, cluster.N1);
        await Wait.Until("the slot is dropped", async () => await SlotsOf(cluster.N1) == "", 30);
        await Wait.Until("the log says why", () => File.ReadAllText(cluster.N1.Agent.LogFile).Contains("more than postgres.slot_keep_size", StringComparison.Ordinal));
        await cluster.N1.Postgres.Execute("CHECKPOINT");
        Assert.False(File.Exists(cluster.N1.Postgres.InData($"pg_wal/{begin}")), "WAL is let go");
        await cluster.Play("POST N2 instance/slave?rejoin=reclone → master, slave");
        await HasSlots(cluster.N1, "pgha_pg_node02");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private async Task<TestCluster> Keeping(int size, string? agents = null) => Keep(await TestCluster.AllRunning(size, async each =>
    {
        foreach (var node in each.Nodes)
        {
            await node.AddToPostgresConf(KeepsLittle);
            if (agents is not null) await node.ChangeAgentConfig("state_dir:", $"  {agents}\nstate_dir:");
        }
    }));

    private static Task HasSlots(TestNode node, params string[] slots) =>
        Wait.Until($"{node.Name} keeps {string.Join(", ", slots)}", async () => await SlotsOf(node) == string.Join(',', slots.Order()), 30);

    private static Task<string> SlotsOf(TestNode node) =>
        node.Postgres.Ask<string>("SELECT coalesce(string_agg(slot_name::text, ',' ORDER BY slot_name), '') FROM pg_replication_slots");

    private static string SlotOf(TestNode node) => "pgha_" + node.Name.Replace('-', '_');

    /// <summary>What is written while all stream is let go on the standbys, too.</summary>
    private static async Task AdvancesOnStandby(TestCluster cluster)
    {
        await cluster.Ledger.Insert(cluster.N1);
        var end = await cluster.N1.Postgres.Ask<string>("SELECT pg_current_wal_lsn()::text");
        await Wait.Until("the standby advances the other standby's slot", () =>
            cluster.N2.Postgres.Ask<bool>($"SELECT restart_lsn >= '{end}' FROM pg_replication_slots WHERE slot_name = 'pgha_pg_node03'"), 60);
        var facts = (await cluster.N2.Api.GetV2("node")).Field("sql")!.Value.GetProperty("slots");
        Assert.Equal(["pgha_pg_node01", "pgha_pg_node03"], facts.EnumerateArray().Select(slot => slot.GetProperty("name").GetString()!).Order());
    }

    /// <summary>Three checkpoints, and far more WAL than is kept without a slot.</summary>
    private static async Task WriteMuch(TestCluster cluster, TestNode node)
    {
        for (var i = 0; i < 3; i++)
        {
            await node.Postgres.Execute("SELECT pg_logical_emit_message(false, 'much', repeat('x', 1000000)) FROM generate_series(1, 40)");
            await cluster.Ledger.Insert(node);
            await node.Postgres.Execute("CHECKPOINT");
        }
    }

    /// <summary>It follows in the data directory it had.</summary>
    private static async Task ComesBack(TestCluster cluster, TestNode node, string call)
    {
        var marker = node.Postgres.InData("not-a-copy");
        await File.WriteAllTextAsync(marker, "", TestContext.Current.CancellationToken);
        await cluster.Play(call);
        Assert.True(File.Exists(marker));
        File.Delete(marker);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
