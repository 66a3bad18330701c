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

    [Fact, Trait("Category", "Long")]
    public async Task A_standby_that_was_not_involved_in_a_switchover_carries_the_slots_in_the_next_failover()
    {
        var cluster = Keep(await TestCluster.AllRunning(3, LogicalPair.Prepare));
        await Create(cluster);
        await cluster.N3.PlaceSlots();
        await WithConsumers(cluster, async () =>
        {
            await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote&to=pg-node02 → slave, master, slave");
            await Task.WhenAll(cluster.N1.PlaceSlots(), cluster.N3.PlaceSlots());
            await cluster.N2.Postgres.KillAndWait();
            await cluster.Play("POST N3 instance/failover/promote → slave, inactive, master");
        });
    }

    [Theory, Trait("Category", "Long")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_the_old_primary_is_gone_for_good_consumers_go_on_from_where_the_copies_were_levelled_last(bool feedback)
    {
        var cluster = Keep(await TestCluster.AllRunning(2, async c =>
        {
            await LogicalPair.Prepare(c);
            await c.N1.AddToPostgresConf("synchronous_standby_names = '*'"); // what is acknowledged is on the standby, too
            await c.N2.AddToPostgresConf($"hot_standby_feedback = {(feedback ? "on" : "off")}");
        }));
        await Create(cluster);
        await WithConsumers(cluster, async () =>
        {
            await cluster.N2.PlaceSlots();
            if (feedback) await Wait.Until("the primary keeps what the copies need", async () =>
                (await File.ReadAllTextAsync(cluster.N2.In("state/slot-copies"), TestContext.Current.CancellationToken)).Split("kept").Length == Plugins.Length + 1);
            await cluster.N1.Agent.Kill();
            await cluster.N1.Postgres.KillAndWait();
            var answer = await cluster.N2.Api.Post("instance/failover/promote?force=true");
            Assert.True(answer.Status == 200, answer.ToString());
            var operation = await cluster.N2.Api.Get(answer.Location!.ToString());
            Assert.Equal(feedback ? 0 : Plugins.Length, operation.Field("not_carried")!.Value.GetArrayLength());
            Assert.Contains(feedback ? "go with it from where they were brought level last: c_"
                : "slot c_pgoutput is not carried: it cannot be seen on pg-node01", operation.Body, StringComparison.Ordinal);
        });
    }

    private async Task<TestCluster> PairWithSlots()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await Create(cluster);
        return cluster;
    }

    private static async Task Create(TestCluster cluster)
    {
        await cluster.N1.CreatePublication();
        foreach (var plugin in Plugins) await cluster.N1.CreateSlot("c_" + plugin, plugin);
        await cluster.N2.PlaceSlots();
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
