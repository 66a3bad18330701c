namespace PgHa.Cluster.Tests.Refusals;

/// <summary>A node whose agent does not answer is unknown, never inactive.</summary>
public sealed class UnreachableNodeTests : ClusterTest
{
    [Fact]
    public async Task A_standby_is_not_promoted_while_the_old_master_is_unknown()
    {
        var cluster = await PrimaryStopped();
        await cluster.N1.Agent.Kill();
        await cluster.AssertUnchanged(() => cluster.Play("""
            GET  N2 instance/all               → unknown, recovery
            POST N2 instance/failover/promote  → refused 409, code 6
            POST N2 instance/failover/restart  → refused 409, code 6
            POST N2 node/promote               → refused 409, code 6
            """));
    }

    [Fact]
    public async Task An_operator_may_answer_for_an_unreachable_node_with_force()
    {
        var cluster = await PrimaryStopped();
        await cluster.N1.Agent.Kill();
        await cluster.Play("POST N2 instance/failover/promote?force=true → unknown, single");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task No_node_is_started_as_master_while_another_is_unknown()
    {
        var cluster = await BothStopped();
        await cluster.N2.Agent.Kill();
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N1 instance/master   → refused 409, code 6
            POST N1 instance/current  → refused 409, code 6
            """));
        await cluster.Play("POST N1 instance/master?force=true → single, unknown");
    }

    [Fact]
    public async Task A_node_that_has_to_act_must_be_reachable()
    {
        var cluster = await BothRunning();
        await cluster.N2.Agent.Kill();
        await cluster.AssertUnchanged(() => cluster.Play("""
            GET    N1 instance/all                                  → master, unknown
            DELETE N1 instance/slave                                → refused 502, code 10
            DELETE N1 instance/all                                  → refused 502, code 10
            POST   N1 instance/switchover/masterSlave?to=pg-node02  → refused 502, code 10
            """));
    }
}
