namespace PgHa.Cluster.Tests.ThreeNodes;

public sealed class ThreeNodesTests : ClusterTest
{
    [Fact]
    public async Task All_nodes_start_and_stop_together()
    {
        var cluster = await ThreeRunning();
        await cluster.Play("""
            insert
            DELETE N3 instance/all      → inactive, inactive, inactive
            POST   N1 instance/all      → master, slave, slave
            insert
            DELETE N1 instance/slave    → single, inactive, inactive
            POST   N2 instance/slave    → master, slave, inactive
            POST   N3 instance/current  → master, slave, slave
            DELETE N2 instance/master   → inactive, recovery, recovery
            POST   N1 instance/master   → eventually master, slave, slave
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task All_called_on_a_former_standby_makes_it_the_master_of_the_others()
    {
        var cluster = await ThreeRunning();
        await cluster.Play("""
            insert
            DELETE N1 instance/all  → inactive, inactive, inactive
            POST   N3 instance/all  → slave, slave, master
            insert
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [InlineData("restart", 1)]
    [InlineData("promote", 2)]
    public async Task After_a_failover_the_third_node_follows_without_a_restart(string how, int timeline)
    {
        var cluster = await ThreeRunning();
        await cluster.Play("""
            insert
            DELETE N1 instance/master → inactive, recovery, recovery
            """);
        await KeepsItsServer(cluster.N3, () => cluster.Play($"POST N2 instance/failover/{how} → inactive, master, slave"));
        Assert.True(await cluster.N3.Postgres.StreamsFrom(cluster.N2.Postgres));
        Assert.Equal(timeline, await cluster.N2.Postgres.Timeline());
        await cluster.Play("""
            insert
            POST N1 instance/slave → slave, master, slave
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [InlineData("masterSlave")]
    [InlineData("slaveMaster")]
    public async Task A_switchover_to_a_named_node_re_points_the_third_without_a_restart(string order)
    {
        var cluster = await ThreeRunning();
        await cluster.Play("insert");
        await KeepsItsServer(cluster.N2, () => cluster.Play($"POST N1 instance/switchover/{order}?to=pg-node03 → slave, slave, master"));
        Assert.True(await cluster.N2.Postgres.StreamsFrom(cluster.N3.Postgres));
        await cluster.Play("insert");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [InlineData("masterSlave")]
    [InlineData("slaveMaster")]
    public async Task A_switchover_takes_the_most_advanced_standby(string order)
    {
        var cluster = await ThreeRunning();
        await cluster.CutOff(cluster.N2);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("master", "recovery", "slave");
        await cluster.Play($"POST N1 instance/switchover/{order} → slave, slave, master");
        await cluster.Play("insert");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_failover_to_a_standby_that_is_behind_another_is_completed_from_it_or_refused_with_its_name()
    {
        var cluster = await ThreeRunning();
        await cluster.CutOff(cluster.N2);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play("DELETE N1 instance/master → inactive, recovery, recovery");
        var answer = await cluster.N2.Api.Post("instance/failover/promote");
        if (answer.Status == 200)
        {
            await cluster.AssertStates(answer, "inactive", "master", "slave");
        }
        else
        {
            answer.AssertRefused(409, 13);
            Assert.Contains("pg-node03", answer.Message + answer.Hint, StringComparison.Ordinal);
            await cluster.Play("POST N3 instance/failover/promote → inactive, slave, master");
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task Nodes_stop_in_the_order_asked_for()
    {
        var cluster = await ThreeRunning();
        await cluster.Play("DELETE N2 instance/slaveMaster → inactive, inactive, inactive");
        Assert.True(cluster.N2.StoppedAt() <= cluster.N1.StoppedAt());
        Assert.True(cluster.N3.StoppedAt() <= cluster.N1.StoppedAt());
        await cluster.Play("""
            POST   N1 instance/all          → master, slave, slave
            DELETE N2 instance/masterSlave  → inactive, inactive, inactive
            """);
        Assert.True(cluster.N1.StoppedAt() <= cluster.N2.StoppedAt());
        Assert.True(cluster.N1.StoppedAt() <= cluster.N3.StoppedAt());
    }

    [Fact]
    public async Task Three_nodes_switch_to_and_fro_under_writing_clients()
    {
        var cluster = await ThreeRunning();
        await using (new WritingClients(cluster))
        {
            await cluster.Play("""
                insert
                POST N1 instance/switchover/masterSlave?to=pg-node03  → slave, slave, master
                insert
                POST N1 instance/switchover/slaveMaster?to=pg-node02  → slave, master, slave
                insert
                POST N3 instance/switchover/masterSlave?to=pg-node01  → master, slave, slave
                insert
                """);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal("1321", string.Concat(cluster.Ledger.Reigns().Select(node => node.Number)));
    }

    private static async Task KeepsItsServer(TestNode node, Func<Task> during)
    {
        var pid = node.Postgres.Pid;
        await during();
        Assert.Equal(pid, node.Postgres.Pid);
    }
}
