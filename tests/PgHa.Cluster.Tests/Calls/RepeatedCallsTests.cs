namespace PgHa.Cluster.Tests.Calls;

public sealed class RepeatedCallsTests : ClusterTest
{
    [Fact]
    public async Task Calls_whose_goal_is_reached_answer_200_and_change_nothing_on_a_running_pair()
    {
        var cluster = await BothRunning();
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N1 instance/current                                → master, slave
            POST N2 instance/current                                → master, slave
            POST N1 instance/master                                 → master, slave
            POST N2 instance/slave                                  → master, slave
            POST N1 instance/all                                    → master, slave
            POST N2 instance/all                                    → master, slave
            POST N2 instance/all/masterSlave                        → master, slave
            POST N1 instance/failover/restart                       → master, slave
            POST N1 instance/failover/promote                       → master, slave
            POST N1 instance/switchover/masterSlave?to=pg-node01    → master, slave
            POST N2 instance/switchover/slaveMaster?to=pg-node01    → master, slave
            """));
    }

    [Fact]
    public async Task Stopping_what_is_stopped_answers_200_and_changes_nothing()
    {
        var cluster = await BothStopped();
        await cluster.AssertUnchanged(() => cluster.Play("""
            DELETE N1 instance/current      → inactive, inactive
            DELETE N2 instance/current      → inactive, inactive
            DELETE N1 instance/master       → inactive, inactive
            DELETE N1 instance/slave        → inactive, inactive
            DELETE N2 instance/all          → inactive, inactive
            DELETE N1 instance/slaveMaster  → inactive, inactive
            DELETE N1 instance/masterSlave  → inactive, inactive
            """));
    }

    [Fact]
    public async Task Each_call_may_be_sent_twice()
    {
        var cluster = await BothStopped();
        await cluster.Play("""
            POST   N1 instance/master                             → single, inactive
            POST   N1 instance/master                             → single, inactive
            POST   N2 instance/slave                              → master, slave
            POST   N2 instance/slave                              → master, slave
            insert
            POST   N1 instance/switchover/masterSlave?to=pg-node02 → slave, master
            POST   N1 instance/switchover/masterSlave?to=pg-node02 → slave, master
            insert
            DELETE N1 instance/master                             → recovery, inactive
            DELETE N1 instance/master                             → recovery, inactive
            POST   N1 instance/failover/promote                   → single, inactive
            POST   N1 instance/failover/promote                   → single, inactive
            insert
            POST   N2 instance/slave                              → master, slave
            DELETE N2 instance/slave                              → single, inactive
            DELETE N2 instance/slave                              → single, inactive
            """);
        await cluster.Ledger.AssertOnEveryNode();
    }

    [Fact]
    public async Task A_plain_start_of_a_standby_keeps_it_a_standby()
    {
        var cluster = await BothStopped();
        await cluster.Play("""
            POST   N2 instance/current  → inactive, recovery
            POST   N1 instance/current  → eventually master, slave
            DELETE N2 instance/slave    → single, inactive
            """);
    }

    [Fact]
    public async Task Delete_slave_also_stops_a_standby_that_does_not_stream()
    {
        var cluster = await PrimaryStopped();
        await cluster.Play("DELETE N1 instance/slave → inactive, inactive");
    }

    [Fact]
    public async Task Node_promote_promotes_the_called_standby()
    {
        var cluster = await PrimaryStopped();
        await cluster.Play("POST N2 node/promote → inactive, single");
        Assert.Equal(2, await cluster.N2.Postgres.Timeline());
    }

    [Fact]
    public async Task All_on_a_stopped_pair_makes_the_called_node_the_master()
    {
        var cluster = await BothStopped();
        await cluster.Play("""
            POST   N1 instance/all   → master, slave
            insert
            DELETE N1 instance/all   → inactive, inactive
            POST   N1 instance/all   → master, slave
            insert
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
