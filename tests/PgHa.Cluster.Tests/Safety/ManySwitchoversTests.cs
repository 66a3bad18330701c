using System.Diagnostics;

namespace PgHa.Cluster.Tests.Safety;

/// <summary>To and fro by promotion, again and again, while many clients write and every server is watched.</summary>
public sealed class ManySwitchoversTests : ClusterTest
{
    private const int Clients = 32;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    [Fact, Trait("Category", "Long")]
    public Task Fifty_switchovers_under_32_clients_lose_nothing_and_leave_identical_nodes() => ToAndFro(50);

    private async Task ToAndFro(int rounds)
    {
        var cluster = await BothRunning();
        var whole = Stopwatch.StartNew();
        await using (var watch = new WriterWatch(cluster))
        {
            await using (new WritingClients(cluster, Pace, Clients))
                for (var round = 0; round < rounds; round++)
                {
                    var (from, roles) = round % 2 == 0 ? (cluster.N1, "slave, master") : (cluster.N2, "master, slave");
                    await WritesOn(cluster, from);
                    await cluster.Play($"POST N{1 + (round / 2 % 2)} instance/switchover/masterSlave?by=promote → {roles}");
                }
            AssertReigns(rounds, cluster.Ledger.Reigns());
            AssertReigns(rounds, watch.AssertOneWriter());
        }
        Assert.InRange(whole.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(4));
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.AssertSameTables();
        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds} switchovers in {whole.Elapsed.TotalSeconds:F0} s, {cluster.Ledger.Count} rows acknowledged");
    }

    /// <summary>Each node in turn, the last one perhaps not written to any more.</summary>
    private static void AssertReigns(int rounds, IReadOnlyList<TestNode> reigns)
    {
        Assert.InRange(reigns.Count, rounds, rounds + 1);
        Assert.All(reigns.Index(), reign => Assert.Equal(1 + (reign.Index % 2), reign.Item.Number));
    }

    private static async Task WritesOn(TestCluster cluster, TestNode node)
    {
        var before = cluster.Ledger.CountOn(node);
        await Wait.Until($"{node.Name} is written to", () => cluster.Ledger.CountOn(node) > before + Clients);
    }
}
