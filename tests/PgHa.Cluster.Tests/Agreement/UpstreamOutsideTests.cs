namespace PgHa.Cluster.Tests.Agreement;

/// <summary>A standby that streams from a server that is no node: a primary lives that the configuration does not know.</summary>
public sealed class UpstreamOutsideTests : ClusterTest
{
    private static readonly string[] Calls =
    [
        "instance/failover/promote", "instance/failover/restart", "instance/failover/promote?to=pg-node03", "instance/all",
    ];

    [Fact]
    public async Task Beside_a_primary_that_was_taken_out_of_the_nodes_no_other_is_made()
    {
        var cluster = await ThreeRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await using var watch = new WriterWatch(cluster);
        await cluster.N1.Agent.Stop();
        foreach (var node in cluster.Nodes.Skip(1))
        {
            await node.Agent.Stop();
            NodeFiles.WriteAgentConfig(node, cluster.Nodes.Skip(1));
            await node.StartAgent();
        }
        foreach (var call in Calls)
            AssertOutside(await cluster.N2.Api.Post(call), cluster);
        Assert.Equal(200, (await cluster.N3.Api.Delete("instance/current")).Status);
        foreach (var call in new[] { "instance/master", "instance/all" })
            AssertOutside(await cluster.N3.Api.Post(call), cluster);
        Assert.Equal([cluster.N1], watch.AssertOneWriter());
        await cluster.N1.Postgres.Stop();
        Assert.Equal(200, (await cluster.N2.Api.Post("instance/failover/promote")).Status);
        await cluster.Ledger.Insert(cluster.N2);
        Assert.Equal([cluster.N1, cluster.N2], watch.AssertOneWriter());
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task Another_name_of_a_node_is_that_node()
    {
        var cluster = await BothRunning();
        var file = cluster.N2.Postgres.InData("postgresql.auto.conf");
        File.WriteAllText(file, File.ReadAllText(file).Replace($"host={cluster.N1.Address}", "host=localhost", StringComparison.Ordinal).Replace($"host=''{cluster.N1.Address}''", "host=localhost", StringComparison.Ordinal));
        await cluster.N2.Postgres.Execute("SELECT pg_reload_conf()");
        await Wait.Until("it streams from localhost", async () => await cluster.N2.Postgres.Ask<long>("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming' AND sender_host = 'localhost'") == 1);
        await Wait.Until("the agent sees that", async () => (await cluster.N2.Api.GetV2("node?fresh=true")) is var seen && seen.Field("upstream_node")?.GetString() == "pg-node01" && seen.Field("upstream_outside") is null);
        await cluster.Play("POST N1 instance/switchover/masterSlave → slave, master");
    }

    private static void AssertOutside(Answer answer, TestCluster cluster)
    {
        answer.AssertRefused(409, 6);
        Assert.Contains($"streams from 127.0.0.1:{cluster.N1.Postgres.Port}, which is no node of this configuration", answer.Message, StringComparison.Ordinal);
    }
}
