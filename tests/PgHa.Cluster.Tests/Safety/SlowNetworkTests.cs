namespace PgHa.Cluster.Tests.Safety;

/// <summary>The switchover by promotion over a slow network between the nodes, while clients write.</summary>
public sealed class SlowNetworkTests : ClusterTest
{
    private const string There = "instance/switchover/masterSlave?by=promote";

    [Fact, Trait("Category", "Long")]
    public async Task Where_the_standby_keeps_up_it_succeeds_in_both_directions()
    {
        await using var link = await SlowLink.Make();
        var cluster = Keep(await TestCluster.AllRunning(2, SlowLink.Prepare, SlowLink.PlaceOf));
        await SlowLink.Carries("8mbit");
        await using (new WritingClients(cluster, TimeSpan.FromMilliseconds(5)))
            foreach (var (from, to) in new[] { (cluster.N1, cluster.N2), (cluster.N2, cluster.N1) })
            {
                await Writes(cluster, from);
                var answer = await from.Api.Post(There);
                Assert.True(answer.Status == 200, answer.ToString());
                await Writes(cluster, to);
                await cluster.WaitForStates(to == cluster.N1 ? ["master", "slave"] : ["slave", "master"]);
            }
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal("121", string.Concat(cluster.Ledger.Reigns().Select(node => node.Number)));
    }

    /// <summary>What the standby misses would have to be fetched while nobody can write.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task Where_the_standby_falls_behind_the_primary_is_not_stopped()
    {
        await using var link = await SlowLink.Make();
        var cluster = Keep(await TestCluster.AllRunning(2, SlowLink.Prepare, SlowLink.PlaceOf));
        var before = cluster.N1.Postgres.Pid;
        await SlowLink.Carries("4mbit");
        await using (var bulk = new Bulk(cluster.N1))
        await using (new WritingClients(cluster))
        {
            await Writes(cluster, cluster.N1);
            var answer = await cluster.N1.Api.Post(There);
            Assert.True(answer.Status is 409 or 500 or 502, answer.ToString());
            await Writes(cluster, cluster.N1);
            TestContext.Current.TestOutputHelper?.WriteLine($"{bulk.Megabytes} MB were written; {answer}");
        }
        Assert.Equal(before, cluster.N1.Postgres.Pid);
        await SlowLink.Carries("1gbit");
        await cluster.WaitForStates("master", "slave");
        await Wait.Until("it has caught up", async () => (await cluster.N1.Api.Post(There)).Status == 200, 60);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static async Task Writes(TestCluster cluster, TestNode node)
    {
        var rows = cluster.Ledger.CountOn(node);
        await Wait.Until($"{node.Name} is written to", () => cluster.Ledger.CountOn(node) > rows + 30, 60);
    }

    /// <summary>Writes far more than the link carries.</summary>
    private sealed class Bulk : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly Task writing;

        public Bulk(TestNode node) => writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await node.Postgres.Execute("SELECT pg_logical_emit_message(true, 'bulk', repeat('x', 1000000))");
                Megabytes++;
                await Task.Delay(50);
            }
        });

        public int Megabytes { get; private set; }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await writing;
            stop.Dispose();
        }
    }
}
