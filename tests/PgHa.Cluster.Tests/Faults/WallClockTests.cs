using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>Wall clocks jump, as libfaketime lets a node's agent, guard and server see them. The clocks that count time since boot stay what they are.</summary>
public sealed class WallClockTests : ClusterTest
{
    private static readonly string[] Faked = ["LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"];

    [Fact, Trait("Category", "Long")]
    public async Task Wall_clocks_that_jump_by_hours_cost_neither_a_failover_nor_a_row_and_a_failover_between_them_works()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, prepare: async node =>
        {
            await Jump(node, "+0");
            node.Agent.Variables = [.. Faked, $"FAKETIME_TIMESTAMP_FILE={Clock(node)}"];
        });
        var (cluster, n1, n2) = (automatic.Cluster, automatic.Cluster.N1, automatic.Cluster.N2);
        var before = n1.Postgres.Pid!.Value;
        Signal.Send(before, Signal.Kill); // its agent starts the next one, which sees the same clock
        await Wait.Until("n1 is started again", async () => n1.Postgres.IsRunning && n1.Postgres.Pid != before && await n1.Postgres.Serves(), 30);
        var postmaster = n1.Postgres.Pid;
        await using (new WritingClients(cluster, TimeSpan.FromMilliseconds(10)))
        {
            await Jump(n1, "+3600");
            Assert.True(await n1.Postgres.Ask<bool>($"SELECT now() > timestamptz 'epoch' + interval '{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3000} s'"), "the clock has not jumped");
            await AutomaticCluster.ServesOn(n1);
            await Jump(n1, "-86400");
            await AutomaticCluster.ServesOn(n1);
            await Jump(n2, "+86400");
            await AutomaticCluster.ServesOn(n1);
            Assert.Equal((1, postmaster), (await AutomaticCluster.Epoch(n1), n1.Postgres.Pid));

            await AutomaticCluster.Lose(n1);
            TestNode? next = null;
            await Wait.Until("another node serves", async () => (next = await Serving(cluster)) is not null, 30);
            n1.Agent.Start();
            await Wait.Until("n1 follows", () => AutomaticCluster.Follows(n1, next!), 60);
            Assert.Equal(2, await AutomaticCluster.Epoch(next!));
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    private static async Task<TestNode?> Serving(TestCluster cluster)
    {
        foreach (var node in cluster.Nodes.Skip(1))
            if (await node.Postgres.Serves() && !await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()"))
                return node;
        return null;
    }

    private static string Clock(TestNode node) => node.In("clock");

    private static Task Jump(TestNode node, string by) => File.WriteAllTextAsync(Clock(node), by + "\n", TestContext.Current.CancellationToken);
}
