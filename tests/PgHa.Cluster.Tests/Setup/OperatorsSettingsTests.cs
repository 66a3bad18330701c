namespace PgHa.Cluster.Tests.Setup;

/// <summary>What the operator set stays set.</summary>
public sealed class OperatorsSettingsTests : ClusterTest
{
    [Fact]
    public async Task The_operators_part_of_primary_conninfo_survives_changes_of_the_master()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.Execute(
            $"ALTER SYSTEM SET primary_conninfo = 'user=postgres host={cluster.N1.Address} port={cluster.N1.Postgres.Port} sslmode=disable keepalives_idle=11'");
        await cluster.N2.Postgres.Execute("ALTER SYSTEM SET work_mem = '5MB'");
        await cluster.N2.Postgres.Execute("SELECT pg_reload_conf()");
        await Wait.Until("the WAL receiver uses it", async () =>
            await cluster.N2.Postgres.Ask<long>("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming' AND conninfo LIKE '%keepalives_idle=11%'") == 1);
        await cluster.WaitForStates("master", "slave");
        await cluster.Play("""
            POST N1 instance/switchover/masterSlave → slave, master
            POST N1 instance/switchover/masterSlave → master, slave
            """);
        var conninfo = await cluster.N2.Postgres.Ask<string>("SHOW primary_conninfo");
        Assert.Contains("sslmode=disable", conninfo, StringComparison.Ordinal);
        Assert.Contains("keepalives_idle=11", conninfo, StringComparison.Ordinal);
        Assert.Equal("5MB", await cluster.N2.Postgres.Ask<string>("SHOW work_mem"));
    }

    [Fact]
    public async Task The_operators_files_are_not_written()
    {
        var cluster = await BothRunning();
        var before = Files(cluster);
        await cluster.Play("""
            POST   N1 instance/switchover/masterSlave → slave, master
            DELETE N1 instance/all                    → inactive, inactive
            POST   N1 instance/all                    → master, slave
            """);
        Assert.Equal(before, Files(cluster));
    }

    [Fact]
    public async Task A_primary_whose_transactions_are_read_only_by_default_is_still_a_master()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => Task.WhenAll(each.Nodes.Select(node =>
            node.AddToPostgresConf("default_transaction_read_only = on\nstatement_timeout = 5000\nsearch_path = 'nowhere'")))));
        await cluster.Play("""
            GET  N2 instance/all                       → master, slave
            POST N2 instance/switchover/slaveMaster    → slave, master
            """);
    }

    [Fact]
    public async Task A_leftover_standby_signal_does_not_hinder_a_start_as_master()
    {
        var cluster = await BothStopped();
        await AsPostgres.Run("/usr/bin/touch", cluster.N1.Postgres.InData("standby.signal"));
        await cluster.Play("POST N1 instance/current → recovery, inactive");
        await cluster.Play("DELETE N1 instance/current → inactive, inactive");
        await cluster.Play("POST N1 instance/all → master, slave");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static string Files(TestCluster cluster) => string.Join('\n', cluster.Nodes.SelectMany(node =>
        new[] { "postgresql.conf", "pg_hba.conf", "pg_ident.conf" }.Select(file => File.ReadAllText(node.Postgres.InData(file)))));
}
