using System.Diagnostics;
using System.Globalization;

namespace PgHa.Cluster.Tests.Slots;

/// <summary>The consumers of physical slots that are not pgha's go on where the primary is, or it is said that they cannot.</summary>
public sealed class OtherSlotsTests : ClusterTest
{
    /// <summary>Nothing but a slot keeps more than a few segments.</summary>
    private const string KeepsLittle = "wal_keep_size = 0\nmin_wal_size = 32MB\nmax_wal_size = 32MB";

    [Theory]
    [InlineData("POST N1 instance/switchover/masterSlave?by=promote → slave, master")]
    [InlineData("POST N1 instance/switchover/masterSlave → slave, master")]
    [InlineData("POST N2 instance/failover/promote → inactive, single")]
    [Trait("Category", "Long")]
    public async Task A_receiver_of_WAL_goes_on_at_the_new_primary_without_a_gap(string change)
    {
        var cluster = await Keeping();
        await cluster.N1.Postgres.Execute("SELECT pg_create_physical_replication_slot('receiver', true)");
        var archive = cluster.N1.In("archive");
        await AsPostgres.Run("/bin/mkdir", archive);
        using (var receiver = Receive(cluster.N1, archive))
            await receiver.Has(cluster.N1, archive);
        await HasSlot(cluster.N2, "receiver");
        await WriteMuch(cluster, cluster.N1);
        if (change.Contains("failover", StringComparison.Ordinal))
            await cluster.N1.Postgres.Stop();
        await cluster.Play(change);
        await WriteMuch(cluster, cluster.N2);
        using (var receiver = Receive(cluster.N2, archive))
            await receiver.Has(cluster.N2, archive);
        var segments = Directory.GetFiles(archive).Select(f => Path.GetFileName(f)).Where(f => !f.EndsWith("history", StringComparison.Ordinal))
            .Select(f => long.Parse(f[16..24], NumberStyles.HexNumber, CultureInfo.InvariantCulture)).Distinct().Order().ToArray();
        Assert.True(segments.Length > 10);
        Assert.Equal(Enumerable.Range(0, segments.Length).Select(i => segments[0] + i), segments);
    }

    [Fact]
    public async Task The_slot_of_a_backup_tool_that_is_away_holds_its_WAL_on_every_node_until_it_is_dropped()
    {
        var cluster = await Keeping();
        await cluster.N1.Postgres.Execute("SELECT pg_create_physical_replication_slot('barman', true), pg_create_physical_replication_slot('never_used'), pg_create_physical_replication_slot('mine', true)");
        await cluster.N2.Postgres.Execute("SELECT pg_create_physical_replication_slot('only_here', true)");
        await HasSlot(cluster.N2, "barman");
        await HasSlot(cluster.N2, "never_used");
        var needed = await RestartOf(cluster.N1, "barman");
        await WriteMuch(cluster, cluster.N1);
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
        await WriteMuch(cluster, cluster.N2);
        Assert.True(await Holds(cluster.N2, needed));
        // On the old primary it follows.
        await cluster.N2.Postgres.Execute("SELECT pg_replication_slot_advance('barman', pg_current_wal_lsn())");
        var advanced = await RestartOf(cluster.N2, "barman");
        await Wait.Until("the old primary lets the WAL go, too", async () => await RestartOf(cluster.N1, "barman") == advanced, 30);
        await cluster.N2.Postgres.Execute("SELECT pg_drop_replication_slot('barman')");
        await Wait.Until("the old primary drops it, too", async () => !await cluster.N1.Postgres.Ask<bool>("SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'barman')"), 30);
        await HasSlot(cluster.N1, "never_used");
        await HasSlot(cluster.N2, "only_here");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task A_slot_whose_WAL_the_new_primary_has_not_and_one_whose_name_is_taken_there_are_named()
    {
        var cluster = await Keeping();
        await cluster.N2.Agent.Stop();
        await cluster.N1.Postgres.Execute("SELECT pg_create_physical_replication_slot('late', true), pg_create_physical_replication_slot('taken', true)");
        await cluster.N2.Postgres.Execute("SELECT pg_create_physical_replication_slot('taken', true)");
        await WriteMuch(cluster, cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.N2.Postgres.Execute("CHECKPOINT");
        var begin = await RestartOf(cluster.N2, "taken");
        await cluster.N2.StartAgent();
        await cluster.WaitForStates("master", "slave");
        Named(await cluster.N1.Api.Post("instance/switchover/masterSlave?by=promote&dryRun=true"));
        await Wait.Until("its facts name them, too", async () => (await cluster.N2.Api.GetV2("node")).Field("slot_problem")?.GetString() is { } said
            && said.Contains("physical slot late is not carried", StringComparison.Ordinal) && said.Contains("pg-node02 has a slot of its own of that name", StringComparison.Ordinal), 30);
        var answer = await cluster.N1.Api.Post("instance/switchover/masterSlave?by=promote");
        await cluster.AssertStates(answer, "slave", "master");
        Named(await cluster.N1.Api.Get(answer.Location!.ToString()));
        Assert.Equal(begin, await RestartOf(cluster.N2, "taken"));
        await HasSlot(cluster.N1, "taken");
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task A_slot_made_just_before_a_switchover_is_carried_and_one_whose_successor_has_no_room_is_named()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => each.N2.AddToPostgresConf("max_replication_slots = 2")));
        await cluster.Ledger.Insert(cluster.N1);
        await HasSlot(cluster.N2, "pgha_pg_node01");
        await cluster.N1.Postgres.Execute("SELECT pg_create_physical_replication_slot('one', true), pg_create_physical_replication_slot('two', true)");
        var answer = await cluster.N1.Api.Post("instance/switchover/masterSlave");
        await cluster.AssertStates(answer, "slave", "master");
        await HasSlot(cluster.N2, "one");
        Assert.Contains("physical slot two is not carried: two: all replication slots are in use", (await cluster.N1.Api.Get(answer.Location!.ToString())).Body, StringComparison.Ordinal);
        await Wait.Until("the old primary names what it still holds", async () =>
            (await cluster.N1.Api.GetV2("node")).Field("slot_problem")?.GetString()?.Contains("physical slot two of pg-node01 holds back", StringComparison.Ordinal) == true, 30);
    }

    private async Task<TestCluster> Keeping() => Keep(await TestCluster.AllRunning(prepare: each => Task.WhenAll(each.Nodes.Select(n => n.AddToPostgresConf(KeepsLittle)))));

    private static void Named(Answer answer)
    {
        var named = answer.Field("not_carried")!.Value.EnumerateArray().Select(n => n.GetString()!).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(2, named.Length);
        Assert.StartsWith("physical slot late is not carried: its consumer needs WAL from", named[0], StringComparison.Ordinal);
        Assert.Equal("physical slot taken is not carried: pg-node02 has a slot of its own of that name", named[1]);
    }

    private static Receiver Receive(TestNode from, string archive) => new(from.In("receiver.log"), AsPostgres.StartLogged(from.In("receiver.log"), Path.Combine(AsPostgres.BinDir, "pg_receivewal"),
        "-D", archive, "-h", from.Address, "-p", $"{from.Postgres.Port}", "-U", "postgres", "--slot", "receiver", "--no-loop", "--verbose"));

    private static Task HasSlot(TestNode node, string slot) =>
        Wait.Until($"{node.Name} has {slot}", () => node.Postgres.Ask<bool>($"SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{slot}')"), 30);

    private static Task<string> RestartOf(TestNode node, string slot) => node.Postgres.Ask<string>($"SELECT coalesce(restart_lsn::text, '') FROM pg_replication_slots WHERE slot_name = '{slot}'");

    private static Task<bool> Holds(TestNode node, string lsn) => node.Postgres.Ask<bool>($"SELECT min(substr(name, 9)) <= substr(pg_walfile_name('{lsn}'), 9) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{{24}}$'");

    /// <summary>Three checkpoints on all nodes, and far more WAL than is kept without a slot.</summary>
    private static async Task WriteMuch(TestCluster cluster, TestNode node)
    {
        for (var i = 0; i < 3; i++)
        {
            await node.Postgres.Execute("SELECT pg_logical_emit_message(false, 'much', repeat('x', 1000000)) FROM generate_series(1, 40)");
            await cluster.Ledger.Insert(node);
            await node.Postgres.Execute("CHECKPOINT");
        }
    }

    private sealed class Receiver(string log, Process process) : IDisposable
    {
        /// <summary>The last segment that was finished has arrived, and with it all before it.</summary>
        public async Task Has(TestNode from, string archive)
        {
            var last = await from.Postgres.Ask<string>("SELECT pg_walfile_name(pg_switch_wal())");
            await from.Postgres.Execute("SELECT pg_logical_emit_message(true, 'after', 'x')");
            await Wait.Until($"{last} arrives", () => File.Exists(Path.Combine(archive, last)) || (process.HasExited ? throw new InvalidOperationException(File.ReadAllText(log)) : false), 120);
        }

        /// <summary>As an operator ends it. Killed while it pads a new file it refuses that one at its next start.</summary>
        public void Dispose()
        {
            if (!process.HasExited) Signal.Send(process.Id, Signal.Interrupt);
            if (!process.WaitForExit(TimeSpan.FromSeconds(30))) process.Kill(entireProcessTree: true);
            process.Dispose();
        }
    }
}
