using PgHa.Cluster.Tests.Trouble;

namespace PgHa.Cluster.Tests.ThreeNodes;

/// <summary>
/// The agent of the primary is gone, and an operator answers for the node with force; its server lives on, or what it sent last still lies in
/// a socket. What the other standby holds must not grow after the target was compared with it: such rows would be given up needlessly.
/// </summary>
public sealed class StillReceivingTests : ClusterTest
{
    private const string Failover = "instance/failover/promote?force=true";

    [Fact]
    public async Task The_other_standby_receives_nothing_more_from_the_old_primary_before_the_target_is_promoted()
    {
        var (cluster, operation) = await Begun();
        await operation.AdvanceTo("promote pg-node02");
        await cluster.Ledger.Insert(cluster.N1, 20);
        cluster.Ledger.GiveUp(await OnlyOn(cluster.N1, cluster.N2)); // only the node that force answers for has them
        await operation.TryResumeAll();
        var (end, report) = await operation.End();
        Assert.True(end == "done", report);
        await cluster.N1.Postgres.KillAndWait();
        await cluster.WaitForStates("unknown", "master", "slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>One that hangs holds rows in its socket, which it would write as soon as it goes on.</summary>
    [Fact]
    public async Task A_walreceiver_that_hangs_is_ended()
    {
        var (cluster, operation) = await Begun();
        await StandbyBehindTests.ToReceiver(cluster.N3, Signal.Stop);
        await operation.AdvanceTo("promote pg-node02");
        await cluster.Ledger.Insert(cluster.N1, 20);
        cluster.Ledger.GiveUp(await OnlyOn(cluster.N1, cluster.N2));
        await operation.TryResumeAll();
        var (end, report) = await operation.End();
        Assert.True(end == "done", report);
        await cluster.N1.Postgres.KillAndWait();
        await cluster.WaitForStates("unknown", "master", "slave");
    }

    [Fact]
    public async Task Who_ends_the_operation_before_the_promotion_has_it_stream_from_the_old_primary_again()
    {
        var (cluster, operation) = await Begun();
        await operation.AdvanceTo("promote pg-node02");
        Assert.False(await cluster.N3.Postgres.StreamsFrom(cluster.N1.Postgres));
        Assert.Equal(200, (await cluster.N2.Api.PostV2($"operations/{operation.Id}/abandon")).Status);
        await operation.End();
        await Wait.Until("N3 streams from N1 again", () => cluster.N3.Postgres.StreamsFrom(cluster.N1.Postgres), 30);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private async Task<(TestCluster Cluster, OperationWatch Operation)> Begun()
    {
        var cluster = await ThreeRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.N1.Agent.Kill();
        return (cluster, await OperationWatch.Begin(cluster.N2, HttpMethod.Post, Failover));
    }

    private static async Task<List<long>> OnlyOn(TestNode node, TestNode other)
    {
        var there = await Harness.Ledger.Rows(other);
        return [.. (await Harness.Ledger.Rows(node)).Where(id => !there.Contains(id))];
    }
}
