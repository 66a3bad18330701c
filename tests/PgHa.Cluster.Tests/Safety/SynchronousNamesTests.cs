namespace PgHa.Cluster.Tests.Safety;

/// <summary>Whose name a primary's commits wait for is attached under a name they wait for after every call, though pgha did not give it.</summary>
public sealed class SynchronousNamesTests : ClusterTest
{
    [Fact]
    public async Task Commits_that_wait_for_walreceiver_go_through_after_a_start_and_a_switchover()
    {
        var cluster = await Named(2, "", null);
        await SetNames(cluster.N1, "walreceiver");
        await cluster.Play("""
            DELETE N2 instance/current → single, inactive
            POST   N2 instance/slave   → master, slave
            """);
        await IsSynchronous(cluster, cluster.N1);
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
        await IsSynchronous(cluster, cluster.N2);
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("", null, "walreceiver")]
    [InlineData("15/main", null, "\"15/main\"")]
    [InlineData("15/main", "Standby_B", "FIRST 1 (\"Standby_B\", nobody)")]
    [InlineData("15/main", null, "ANY 1 (nobody, \"15/main\")")]
    [InlineData("15/main", "standby b", "1 (\"STANDBY B\")")]
    public async Task A_name_that_PostgreSQL_or_the_operator_gave_stays_synchronous_through_all_changes(string clusterName, string? applicationName, string names)
    {
        var cluster = await Named(2, clusterName, applicationName);
        await SetNames(cluster.N1, names);
        await IsSynchronous(cluster, cluster.N1);
        await cluster.Play("""
            DELETE N2 instance/current → single, inactive
            POST   N2 instance/slave   → master, slave
            """);
        await IsSynchronous(cluster, cluster.N1);
        foreach (var how in (string[])["masterSlave", "masterSlave?by=promote"])
        {
            await cluster.Play($"POST N1 instance/switchover/{how} → slave, master");
            await IsSynchronous(cluster, cluster.N2);
            await cluster.Play($"POST N1 instance/switchover/{how} → master, slave");
            await IsSynchronous(cluster, cluster.N1);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("FIRST 2 (\"15/main\")")]
    [InlineData("ANY 2 (\"15/main\", walreceiver)")]
    public async Task Standbys_that_share_one_name_are_both_waited_for(string names)
    {
        var cluster = await Named(3, "15/main", null);
        await SetNames(cluster.N1, names);
        await IsSynchronous(cluster, cluster.N1, standbys: 2);
        foreach (var how in (string[])["masterSlave?to=pg-node02", "masterSlave?to=pg-node02&by=promote"])
        {
            await cluster.Play($"POST N1 instance/switchover/{how} → slave, master, slave");
            await IsSynchronous(cluster, cluster.N2, standbys: 2);
            await cluster.Play($"POST N2 instance/switchover/{how.Replace("02", "01", StringComparison.Ordinal)} → master, slave, slave");
            await IsSynchronous(cluster, cluster.N1, standbys: 2);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("rewind"), InlineData("reclone")]
    public async Task A_node_that_is_rewound_or_replaced_comes_back_under_the_name_that_is_waited_for(string form)
    {
        var cluster = await Named(2, "15/main", null);
        await cluster.Part(() => cluster.Ledger.Insert(cluster.N2));
        await cluster.WaitForStates("inactive", "single");
        await SetNames(cluster.N2, "\"15/main\"");
        await cluster.Play($"POST N1 instance/slave?rejoin={form} → slave, master");
        await IsSynchronous(cluster, cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task After_a_failover_the_third_node_keeps_the_name_that_is_waited_for_later()
    {
        var cluster = await Named(3, "15/main", null);
        await SetNames(cluster.N1, "ANY 2 (\"15/main\")");
        await cluster.Ledger.Insert(cluster.N1);
        foreach (var node in cluster.Nodes.Skip(1))
            await Wait.Until($"{node.Name} knows it", async () => (await node.Api.GetV2("node")).Field("primary_sync")?.GetProperty("names").GetString() == "ANY 2 (\"15/main\")", 30);
        await cluster.Play("""
            DELETE N1 instance/current          → inactive, recovery, recovery
            POST   N2 instance/failover/promote → inactive, master, slave
            insert
            POST   N1 instance/slave            → slave, master, slave
            """);
        await Wait.Until("commits wait for both again", async () => await NamesOf(cluster.N2) != "", 30);
        await IsSynchronous(cluster, cluster.N2, standbys: 2);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("masterSlave"), InlineData("masterSlave?by=promote")]
    public async Task What_the_new_primary_itself_was_given_is_not_waited_for_where_nobody_has_that_name(string how)
    {
        var cluster = await BothRunning();
        await SetNames(cluster.N2, "walreceiver");
        await cluster.Play($"POST N1 instance/switchover/{how} → slave, master");
        Assert.Equal("", await NamesOf(cluster.N2)); // a commit whose wait is cancelled is one all the same
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task Names_on_the_command_line_of_the_new_primary_that_nobody_will_have_are_refused_before_anything_stops()
    {
        var cluster = await BothRunning();
        await SetNames(cluster.N1, "\"pg-node02\"");
        await cluster.N2.Postgres.Stop();
        await AsPostgres.Postgres("pg_ctl", "start", "-w", "-s", "-D", cluster.N2.Postgres.DataDirectory, "-l", cluster.N2.Postgres.LogFile, "-o", "-c synchronous_standby_names=walreceiver");
        await cluster.WaitForStates("master", "slave");
        foreach (var how in (string[])["masterSlave", "masterSlave?by=promote", "masterSlave?by=promote&dryRun=true"])
        {
            var answer = await cluster.N1.Api.Post($"instance/switchover/{how}");
            answer.AssertRefused(409, 7);
            Assert.Contains("command line", answer.Message, StringComparison.Ordinal);
        }
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N2.Postgres.Stop();
        await cluster.N2.Postgres.Start();
        await cluster.WaitForStates("master", "slave");
        await cluster.Play("POST N1 instance/switchover/masterSlave → slave, master");
        await IsSynchronous(cluster, cluster.N2);
    }

    private async Task<TestCluster> Named(int size, string clusterName, string? applicationName) => Keep(await TestCluster.AllRunning(size, async each =>
    {
        foreach (var node in each.Nodes)
            await node.AddToPostgresConf($"cluster_name = '{clusterName}'\nwal_log_hints = on");
        if (applicationName is not null)
            foreach (var node in each.Nodes.Skip(1))
                await File.AppendAllTextAsync(node.Postgres.InData("postgresql.auto.conf"),
                    $"primary_conninfo = 'user=postgres host={each.N1.Address} port={each.N1.Postgres.Port} application_name=''{applicationName}'''\n", TestContext.Current.CancellationToken);
    }));

    /// <summary>Commits go through, and wait for standbys.</summary>
    private static async Task IsSynchronous(TestCluster cluster, TestNode primary, int standbys = 1)
    {
        await cluster.Ledger.Insert(primary, 3);
        await Wait.Until($"commits of {primary.Name} wait for {standbys}", () =>
            primary.Postgres.Ask<bool>($"SELECT count(*) = {standbys} AND current_setting('synchronous_standby_names') <> '' FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')"));
    }

    private static async Task SetNames(TestNode node, string names)
    {
        await node.Postgres.Execute($"ALTER SYSTEM SET synchronous_standby_names = '{names}'");
        await node.Postgres.Execute("SELECT pg_reload_conf()");
        await Wait.Until("it is in force", async () => await NamesOf(node) == names);
    }

    private static Task<string> NamesOf(TestNode node) => node.Postgres.Ask<string>("SHOW synchronous_standby_names");
}
