namespace PgHa.Cluster.Tests.Refusals;

/// <summary>The next start is not what runs now: what waits in the files of either node is found while the old master still serves.</summary>
public sealed class NextStartTests : ClusterTest
{
    private const string ByRestart = "instance/switchover/masterSlave";
    private const string ByPromotion = ByRestart + "?by=promote";

    /// <summary>Fact 47: the target of a promotion is not started anew, but the old master is.</summary>
    [Fact]
    public async Task A_node_that_would_promote_itself_is_not_started_as_a_standby()
    {
        var cluster = await BothRunning();
        foreach (var (node, calls) in new[] { (1, new[] { ByRestart, ByPromotion }), (2, [ByRestart]) })
        {
            var trigger = cluster.Nodes[node - 1].In("go");
            await cluster.Nodes[node - 1].AddToPostgresConf($"promote_trigger_file = '{trigger}'");
            await File.WriteAllTextAsync(trigger, "", TestContext.Current.CancellationToken);
            foreach (var call in calls) await IsRefused(cluster, call, "promote_trigger_file", node);
            File.Delete(trigger);
        }
        await cluster.Play($"POST N1 {ByRestart} → slave, master");
    }

    [Fact]
    public async Task A_limit_that_waits_on_the_new_master_is_asked_of_the_old_one()
    {
        var cluster = await BothRunning();
        await cluster.N2.AddToPostgresConf("max_connections = 200");
        await IsRefused(cluster, ByRestart, "max_connections", 1);
        await cluster.N1.Postgres.Execute("ALTER SYSTEM SET max_connections = 200");
        await cluster.Play($"POST N1 {ByRestart} → slave, master");
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [InlineData(1), InlineData(2)]
    public Task A_setting_that_waits_for_the_next_start_is_refused_before_the_first_stop(int node) => AreRefused(node, node == 1
        ? [("port = 1", "port"), ("hot_standby = off", "hot_standby"), ("max_replication_slots = 0", "max_replication_slots"), ("shared_preload_libraries = 'nowhere'", "shared_preload_libraries")]
        : [("port = 1", "port"), ("listen_addresses = '127.0.0.99'", "listen_addresses"), ("wal_level = minimal", "wal_level"), ("this is ! no line", "syntax error")]);

    [Theory, Trait("Category", "Long")]
    [InlineData(1), InlineData(2)]
    public Task So_is_whatever_else_ends_or_hides_a_server_on_either_node(int node) => AreRefused(node,
    [
        ("listen_addresses = ''", "listen_addresses"), ("shared_preload_libraries = '$libdir/nowhere'", "shared_preload_libraries"), ("ssl = on", "ssl_cert_file"),
        ("unix_socket_directories = '/nowhere'", "unix_socket_directories"), ("logging_collector = on\nlog_directory = '/nowhere/at/all'", "log_directory"),
        ("data_directory = '/tmp'", "data_directory"), ("hba_file = '/nowhere'", "hba_file"), ("superuser_reserved_connections = 50", "superuser_reserved_connections"),
        ("no_such_parameter = on", "no_such_parameter"), ("shared_buffers = 900TB", "shared_buffers"), ("max_wal_senders = 0", "max_wal_senders"),
    ]);

    /// <summary>One cluster for all of them: a refusal changes nothing, and without the setting the roles are exchanged.</summary>
    private async Task AreRefused(int node, (string Setting, string Named)[] waiting)
    {
        var cluster = await BothRunning();
        await cluster.N1.Postgres.Execute("SELECT pg_create_physical_replication_slot('kept')"); // fact 37
        var file = cluster.Nodes[node - 1].Postgres.InData("postgresql.conf");
        var before = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        foreach (var (setting, named) in waiting)
        {
            await cluster.Nodes[node - 1].AddToPostgresConf(setting);
            await IsRefused(cluster, ByRestart, named, node);
            await File.WriteAllTextAsync(file, before, TestContext.Current.CancellationToken);
        }
        await cluster.Play($"POST N1 {ByRestart} → slave, master");
    }

    [Fact]
    public async Task What_waits_on_a_master_by_promotion_is_named_and_no_obstacle()
    {
        var cluster = await BothRunning();
        await cluster.N2.AddToPostgresConf("port = 1");
        var plan = await cluster.N1.Api.Post(ByPromotion + "&dryRun=true");
        Assert.Equal(200, plan.Status);
        Assert.Contains("port is 1 at the next start of pg-node02", plan.ToString(), StringComparison.Ordinal);
        var check = await AsPostgres.Run("/bin/sh", "-c", "\"$0\" config check --peers --config \"$1\" 2>&1; echo exit=$?", AgentProcess.Binary, cluster.N1.Agent.ConfigFile);
        Assert.Contains("FAIL  pg-node02: its server would start again, as primary and as standby: port is 1 at the next start of pg-node02", check, StringComparison.Ordinal);
        Assert.Contains("exit=1", check, StringComparison.Ordinal);
    }

    /// <summary>By the dry run, too.</summary>
    private static Task IsRefused(TestCluster cluster, string call, string named, int node) => cluster.AssertUnchanged(async () =>
    {
        foreach (var form in new[] { call, call + (call.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "dryRun=true" })
        {
            var refused = await cluster.N1.Api.Post(form);
            refused.AssertRefused(409, 7);
            Assert.Contains(named, refused.ToString(), StringComparison.Ordinal);
            Assert.Contains(cluster.Nodes[node - 1].Name, refused.Hint, StringComparison.Ordinal);
        }
        await cluster.WaitForStates("master", "slave");
    });
}
