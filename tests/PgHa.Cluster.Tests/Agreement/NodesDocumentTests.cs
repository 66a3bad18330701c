using PgHa.Cluster.Tests.CommandLine;

namespace PgHa.Cluster.Tests.Agreement;

/// <summary>docs/nodes.md, followed under load: a node is added, becomes primary, and the first one is removed. At every moment everything is tried on every node.</summary>
public sealed class NodesDocumentTests : ClusterTest
{
    private static readonly string[] Tries = ["instance/all", "instance/master", "instance/failover/promote", "instance/failover/restart"];

    [Fact]
    public async Task A_node_is_added_and_another_removed_and_never_two_are_writable()
    {
        var cluster = Keep(await TestCluster.FilesOnly(3));
        Directory.Delete(cluster.N3.Postgres.DataDirectory, recursive: true);
        TestNode[] pair = [cluster.N1, cluster.N2], last = [cluster.N2, cluster.N3];
        foreach (var node in pair)
        {
            NodeFiles.WriteAgentConfig(node, pair);
            await node.Postgres.Start();
            await node.StartAgent();
        }
        await Wait.Until("N2 streams", () => cluster.N2.Postgres.StreamsFrom(cluster.N1.Postgres));
        await using var watch = new WriterWatch(cluster);
        await using (new WritingClients(cluster, TimeSpan.FromMilliseconds(20)))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.Count > 20, 30);
            foreach (var node in pair)
            {
                await Reload(node, cluster.Nodes);
                await TryAll(cluster, pair, cluster.N1);
            }
            await cluster.N3.StartAgent();
            await TryAll(cluster, pair, cluster.N1);
            var before = cluster.Ledger.Count;
            Assert.Equal(200, (await cluster.N3.Api.Post("data/clone")).Status);
            Assert.True(cluster.Ledger.Count > before, "nothing was written meanwhile");
            await cluster.WaitForStates("master", "slave", "slave");
            Assert.Equal(200, (await cluster.N1.Api.Delete("instance/current")).Status);
            Assert.Equal(200, (await cluster.N3.Api.Post("instance/failover/promote")).Status);
            await cluster.N1.Agent.Stop();
            foreach (var node in last)
            {
                await Reload(node, last);
                await TryAll(cluster, last, cluster.N3);
            }
            await Wait.Until("rows are written by the new primary", () => cluster.Ledger.CountOn(cluster.N3) > 20, 30);
        }
        Assert.Equal([cluster.N1, cluster.N3], cluster.Ledger.Reigns());
        Assert.Equal([cluster.N1, cluster.N3], watch.AssertOneWriter());
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static async Task Reload(TestNode node, IEnumerable<TestNode> all)
    {
        var agent = node.Agent.Pid;
        NodeFiles.WriteAgentConfig(node, all);
        var said = await Cli.On(node, "reload-config", node.Name);
        Assert.True(said.Code == 0 && said.Output.Contains(": its agent begins anew\n", StringComparison.Ordinal), said.ToString());
        Assert.Equal(agent, node.Agent.Pid);
    }

    private static async Task TryAll(TestCluster cluster, TestNode[] called, TestNode primary)
    {
        foreach (var node in called)
            foreach (var call in Tries)
                await node.Api.Post(call);
        Assert.Equal(primary, await cluster.Writable());
    }
}
