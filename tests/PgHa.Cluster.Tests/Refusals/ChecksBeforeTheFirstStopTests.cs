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

    private static async Task IsRefusedWhileWritesGoOn(TestCluster cluster, string step)
    {
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.AssertUnchanged(() => cluster.Play(step));
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
