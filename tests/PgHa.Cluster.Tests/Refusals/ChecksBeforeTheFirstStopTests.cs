namespace PgHa.Cluster.Tests.Refusals;

/// <summary>What would fail after the old master has stopped is found before, while it still serves.</summary>
public sealed class ChecksBeforeTheFirstStopTests : ClusterTest
{
    [Fact]
    public async Task A_switchover_whose_new_master_would_not_let_the_old_one_in_is_refused()
    {
        var cluster = await BothRunning();
        await File.WriteAllTextAsync(cluster.N2.Postgres.InData("pg_hba.conf"), """
            local all all trust
            host  all all 127.0.0.0/8 trust

            """, TestContext.Current.CancellationToken);
        await cluster.N2.Postgres.Execute("SELECT pg_reload_conf()");
        await IsRefusedWhileWritesGoOn(cluster, "POST N1 instance/switchover/masterSlave → refused 409, code 7");
    }

    [Theory]
    [InlineData("max_connections = 60")]
    [InlineData("max_worker_processes = 20")]
    [InlineData("max_wal_senders = 12")]
    [InlineData("max_prepared_transactions = 5")]
    [InlineData("max_locks_per_transaction = 100")]
    public async Task A_switchover_after_which_the_old_master_could_not_start_as_standby_is_refused(string higherOnN2)
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => each.N2.AddToPostgresConf(higherOnN2)));
        await IsRefusedWhileWritesGoOn(cluster, "POST N1 instance/switchover/slaveMaster → refused 409, code 7");
    }

    [Theory]
    [InlineData(1, "max_connections = 40", "max_connections")]
    [InlineData(2, "max_wal_senders = 5", "max_wal_senders")]
    [InlineData(1, "recovery_target_timeline = 'current'", "recovery_target_timeline")]
    [InlineData(1, "recovery_target_time = '2030-01-01 00:00:00+00'", "recovery_target_time")]
    public async Task A_switchover_is_refused_for_a_setting_that_waits_in_the_files_for_the_next_start(int node, string setting, string named)
    {
        var cluster = await BothRunning();
        await cluster.Nodes[node - 1].AddToPostgresConf(setting);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("master", "slave");
        await cluster.AssertUnchanged(async () =>
        {
            var refused = await cluster.N1.Api.Post("instance/switchover/masterSlave");
            refused.AssertRefused(409, 7);
            Assert.Contains(named, refused.Hint, StringComparison.Ordinal);
            Assert.Contains(cluster.Nodes[node - 1].Name, refused.Hint, StringComparison.Ordinal);
        });
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_stopped_pair_is_not_started_where_the_standby_would_not_start()
    {
        var cluster = Keep(await TestCluster.AllStopped(prepare: each => each.N2.AddToPostgresConf("max_connections = 40")));
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N1 instance/all      → refused 409, code 7
            POST N2 instance/current  → refused 409, code 7
            """));
        await cluster.Play("POST N1 instance/master → single, inactive");
        await cluster.AssertUnchanged(() => cluster.Play("POST N2 instance/slave → refused 409, code 7"));
        await cluster.N2.AddToPostgresConf("max_connections = 50");
        await cluster.Play("POST N2 instance/slave → master, slave");
    }

    [Fact]
    public async Task A_stale_conninfo_in_either_file_does_not_win()
    {
        var cluster = Keep(await TestCluster.AllStopped(prepare: async each =>
        {
            await each.N2.AddToPostgresConf("primary_conninfo = 'host=127.0.0.1 port=1'");
            await File.AppendAllTextAsync(each.N2.Postgres.InData("postgresql.auto.conf"), "primary_conninfo = 'host=127.0.0.1 port=2'\n", TestContext.Current.CancellationToken);
        }));
        await cluster.Play("""
            POST N1 instance/all                      → master, slave
            POST N1 instance/switchover/masterSlave   → slave, master
            POST N1 instance/switchover/slaveMaster   → master, slave
            """);
    }

    private static async Task IsRefusedWhileWritesGoOn(TestCluster cluster, string step)
    {
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.AssertUnchanged(() => cluster.Play(step));
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
