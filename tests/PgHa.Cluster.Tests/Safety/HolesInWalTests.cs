namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// With archiving on PostgreSQL removes an old segment one checkpoint before the .partial file of the timeline that was left in it:
/// pg_wal has a hole of a part of one segment (fact 45). What both nodes hold behind the hole still proves what they have in common.
/// The agents are new, so nothing is remembered from before.
/// </summary>
public sealed class HolesInWalTests : ClusterTest
{
    [Fact]
    public Task After_a_power_cut_the_cluster_can_be_started() => After_a_power_cut_every_node_can_be_started(2, 1, "instance/all", "master, slave");

    [Theory, Trait("Category", "Long")]
    [InlineData(2, 2, "instance/all", "slave, master")]
    [InlineData(2, 1, "instance/master", "single, inactive")]
    [InlineData(2, 2, "instance/master", "inactive, single")]
    [InlineData(3, 1, "instance/all", "master, slave, slave")]
    public async Task After_a_power_cut_every_node_can_be_started(int size, int called, string how, string states)
    {
        var cluster = await WithAHole(size);
        await Task.WhenAll(cluster.Nodes.Select(node => node.Postgres.KillAndWait()));
        await NewAgents(cluster);
        await cluster.WaitForStates([.. cluster.Nodes.Select(_ => "inactive")]);
        await cluster.Play($"POST N{called} {how} → {states}");
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.Ledger.Insert(await cluster.Writable());
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact, Trait("Category", "Long")]
    public async Task The_standby_alone_can_be_restarted()
    {
        var cluster = await WithAHole(2);
        await cluster.N2.Postgres.KillAndWait();
        await NewAgents(cluster);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play("POST N2 instance/slave → master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("restart"), InlineData("promote")]
    public async Task The_standby_can_take_over_from_a_primary_that_crashed(string how)
    {
        var cluster = await WithAHole(2);
        await cluster.N1.Postgres.KillAndWait();
        await NewAgents(cluster);
        await cluster.Play($"POST N2 instance/failover/{how} → inactive, single");
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.Play("POST N1 instance/slave → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("masterSlave"), InlineData("slaveMaster"), InlineData("masterSlave?by=promote")]
    public async Task A_switchover_by_new_agents_is_carried_out(string how)
    {
        var cluster = await WithAHole(2, segments: "1");
        await NewAgents(cluster);
        await cluster.WaitForStates("master", "slave");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play($"POST N1 instance/switchover/{how} → slave, master");
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>Between the stops and the start nothing is known but what the new agents read.</summary>
    [Theory, Trait("Category", "Long")]
    [InlineData(false, "done", "slave, master"), InlineData(true, "undone", "master, slave")]
    public async Task A_switchover_by_restart_goes_on_or_back_while_both_are_stopped(bool abandon, string how, string states)
    {
        var cluster = await WithAHole(2);
        await NewAgents(cluster);
        await cluster.WaitForStates("master", "slave");
        await cluster.Ledger.Insert(cluster.N1);
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Post, "instance/switchover/masterSlave");
        await operation.AdvanceTo("start pg-node02 as primary");
        if (abandon) await cluster.N1.Api.Post($"../v2/operations/{operation.Id}/abandon");
        else await NewAgents(cluster);
        Assert.Equal(how, (await operation.End()).How);
        await cluster.WaitForStates(states.Split(", "));
        await cluster.Ledger.Insert(await cluster.Writable());
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact, Trait("Category", "Long")]
    public async Task Segments_of_1_MB_are_no_different()
    {
        var cluster = await WithAHole(2, segments: "1");
        await Task.WhenAll(cluster.Nodes.Select(node => node.Postgres.KillAndWait()));
        await NewAgents(cluster);
        await cluster.Play("POST N1 instance/all → master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>N1 serves, after two switchovers by promotion; of the segment of the last one its pg_wal holds only the .partial file.</summary>
    private async Task<TestCluster> WithAHole(int size, string segments = "16")
    {
        var cluster = Keep(await TestCluster.AllRunning(size, each => Prepare(each, segments)));
        await cluster.Ledger.Insert(cluster.N1);
        var others = string.Concat(Enumerable.Repeat(", slave", size - 2));
        await cluster.Play($"""
            POST N1 instance/switchover/masterSlave?by=promote&to=pg-node02 → slave, master{others}
            insert
            POST N1 instance/switchover/masterSlave?by=promote&to=pg-node01 → master, slave{others}
            insert
            """);
        var partial = PartialsOf(cluster.N1).Max()!;
        await cluster.N1.Postgres.Execute("SELECT pg_switch_wal()");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await Wait.Until("all that can be is archived, and no slot holds the segment", async () =>
            !Directory.EnumerateFiles(cluster.N1.Wal("archive_status"), "*.ready").Any()
            && await cluster.N1.Postgres.Ask<bool>($"SELECT coalesce(bool_and(restart_lsn >= '{After(partial, segments)}'), true) FROM pg_replication_slots"), 30);
        await cluster.N1.Postgres.Execute("CHECKPOINT");
        await Wait.Until($"{partial} is left alone", () => cluster.N1.Segments().All(name => name[8..] != partial[8..24]));
        Assert.Contains(partial, PartialsOf(cluster.N1));
        return cluster;
    }

    private static IEnumerable<string> PartialsOf(TestNode node) =>
        Directory.EnumerateFiles(node.Wal(""), "*.partial").Select(file => Path.GetFileName(file)!);

    /// <summary>Where the segment after this one begins; all of it is far below 4 GB.</summary>
    private static string After(string file, string megabytes) => FormattableString.Invariant(
        $"0/{(Convert.ToUInt64(file[16..24], 16) + 1) * (ulong.Parse(megabytes, System.Globalization.CultureInfo.InvariantCulture) << 20):X}");

    private static async Task NewAgents(TestCluster cluster)
    {
        await Task.WhenAll(cluster.Nodes.Select(node => node.Agent.Kill()));
        await cluster.StartAgents();
    }

    private static async Task Prepare(TestCluster cluster, string segments)
    {
        if (segments != "16") await WithSegments(cluster, segments);
        foreach (var node in cluster.Nodes)
        {
            await AsPostgres.Run("/bin/mkdir", "-p", node.In("archive"));
            await node.AddToPostgresConf($"archive_mode = on\narchive_command = 'cp %p {node.In("archive")}/%f'\nwal_keep_size = 0");
        }
    }

    /// <summary>N1's WAL begins anew with segments of that size; the others are copies of it.</summary>
    private static async Task WithSegments(TestCluster cluster, string megabytes)
    {
        await AsPostgres.Postgres("pg_resetwal", $"--wal-segsize={megabytes}", "-D", cluster.N1.Postgres.DataDirectory);
        await cluster.N1.Postgres.Start(); // pg_resetwal leaves wal_level=minimal in pg_control, which no standby replays
        await cluster.N1.Postgres.Stop();
        foreach (var node in cluster.Nodes.Skip(1))
        {
            var upstream = await File.ReadAllTextAsync(node.Postgres.InData("postgresql.auto.conf"), TestContext.Current.CancellationToken);
            Directory.Delete(node.Postgres.DataDirectory, recursive: true);
            await AsPostgres.Run("/bin/cp", "-a", cluster.N1.Postgres.DataDirectory, node.Postgres.DataDirectory);
            NodeFiles.WritePostgresConf(node);
            await File.WriteAllTextAsync(node.Postgres.InData("postgresql.auto.conf"), upstream, TestContext.Current.CancellationToken);
            await AsPostgres.Run("/usr/bin/touch", node.Postgres.InData("standby.signal"));
        }
    }
}
