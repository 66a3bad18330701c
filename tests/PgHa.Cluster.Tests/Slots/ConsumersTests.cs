using PgHa.Cluster.Tests.Scenarios;

namespace PgHa.Cluster.Tests.Slots;

/// <summary>Real consumers that go to whichever node is primary, while rows are written: each acknowledged row comes, and none is passed over.</summary>
public sealed class ConsumersTests : ClusterTest
{
    private static readonly string[] Plugins = ["pgoutput", "test_decoding", "decoderbufs"];

    [Fact, Trait("Category", "Long")]
    public async Task Consumers_receive_every_row_through_the_six_cases()
    {
        var cluster = await PairWithSlots();
        await WithConsumers(cluster, async () =>
        {
            foreach (var script in SixCases.All.Values) await cluster.Play(script);
            await cluster.Play("POST N1 instance/all → master, slave");
        });
    }

    [Fact]
    public async Task Consumers_receive_every_row_through_switchovers_by_promotion()
    {
        var cluster = await PairWithSlots();
        await WithConsumers(cluster, async () =>
        {
            for (var round = 0; round < 2; round++)
            {
                await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
                await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → master, slave");
            }
        });
    }

    private async Task<TestCluster> PairWithSlots()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreatePublication();
        foreach (var plugin in Plugins) await cluster.N1.CreateSlot("c_" + plugin, plugin);
        await cluster.N2.PlaceSlots();
        return cluster;
    }

    private static async Task WithConsumers(TestCluster cluster, Func<Task> changes)
    {
        var consumers = Plugins.Select(plugin => new Consumer(cluster, "c_" + plugin, plugin)).ToArray();
        try
        {
            await using (new WritingClients(cluster))
            {
                await Wait.Until("all consumers receive rows", () => consumers.All(c => c.Count > 20), 20);
                await changes();
                var before = consumers.Select(c => c.Count).ToArray();
                await Wait.Until("all consumers receive rows again", () => consumers.Zip(before).All(c => c.First.Count > c.Second), 20);
            }
            foreach (var consumer in consumers) await consumer.AssertComplete(cluster.Ledger.Acknowledged);
        }
        finally
        {
            foreach (var consumer in consumers) await consumer.DisposeAsync();
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
