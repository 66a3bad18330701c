namespace PgHa.Cluster.Tests.Safety;

/// <summary>A node that becomes master has its WAL completed first, from a stopped node by its agent (facts 1 and 2).</summary>
public sealed class CompletingWalTests : ClusterTest
{
    [Fact]
    public async Task A_former_primary_gets_what_was_written_without_it()
    {
        var cluster = await PrimaryStopped();
        await cluster.Play("""
            POST   N2 instance/failover/restart  → inactive, single
            insert
            DELETE N2 instance/current           → inactive, inactive
            POST   N1 instance/current           → recovery, inactive
            DELETE N1 instance/current           → inactive, inactive
            POST   N1 instance/master            → single, inactive
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.Play("POST N2 instance/slave → master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_former_primary_gets_what_was_written_on_the_next_timeline()
    {
        var cluster = await PrimaryStopped();
        await cluster.Play("""
            POST   N2 instance/failover/promote  → inactive, single
            insert
            DELETE N2 instance/all               → inactive, inactive
            POST   N1 instance/master            → single, inactive
            insert
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.InRange(await cluster.N1.Postgres.Timeline(), 2, 3);
        await cluster.Play("POST N2 instance/slave → master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_standby_stopped_early_gets_what_was_written_without_it_over_many_segments()
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        for (var segment = 0; segment < 4; segment++)
        {
            await cluster.Ledger.Insert(cluster.N1);
            await cluster.N1.Postgres.Execute("SELECT pg_switch_wal()");
        }
        await cluster.Play("""
            DELETE N1 instance/current  → inactive, inactive
            POST   N2 instance/master   → inactive, single
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.Play("POST N1 instance/slave → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_node_that_was_away_over_several_changes_of_the_master_joins_again()
    {
        var cluster = await PrimaryStopped();
        await cluster.Play("""
            POST   N2 instance/failover/promote     → inactive, single
            insert
            POST   N1 instance/slave                → slave, master
            DELETE N2 instance/current              → recovery, inactive
            POST   N1 instance/failover/promote     → single, inactive
            insert
            DELETE N1 instance/current              → inactive, inactive
            POST   N2 instance/master               → inactive, single
            insert
            POST   N1 instance/slave                → slave, master
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task With_archiving_on_the_shutdown_checkpoint_in_a_segment_of_its_own_is_carried_over()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each =>
            Task.WhenAll(each.Nodes.Select(node => node.AddToPostgresConf("archive_mode = on\narchive_command = '/bin/true'")))));
        await cluster.Play("""
            insert
            POST   N1 instance/switchover/masterSlave  → slave, master
            insert
            POST   N1 instance/switchover/slaveMaster  → master, slave
            insert
            DELETE N1 instance/master                  → inactive, recovery
            POST   N2 instance/failover/restart        → inactive, single
            insert
            DELETE N2 instance/current                 → inactive, inactive
            POST   N1 instance/all                     → master, slave
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
