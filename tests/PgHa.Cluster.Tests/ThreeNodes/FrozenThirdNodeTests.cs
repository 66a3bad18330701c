namespace PgHa.Cluster.Tests.ThreeNodes;

/// <summary>A third node whose server is frozen answers nobody: a switchover by promotion neither needs it nor waits for it.</summary>
public sealed class FrozenThirdNodeTests : ClusterTest
{
    private const string There = "instance/switchover/masterSlave?by=promote&to=pg-node02";

    [Fact]
    public async Task It_does_not_prolong_the_interruption_and_follows_when_it_is_back()
    {
        var cluster = await ThreeRunning();
        await using var watch = new WriterWatch(cluster);
        await using (new WritingClients(cluster))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.CountOn(cluster.N1) > 20);
            await cluster.N3.Postgres.Freeze();
            await cluster.Play($"POST N1 {There} → slave, master, unknown");
            await Wait.Until("rows are written again", () => cluster.Ledger.CountOn(cluster.N2) > 20);
            TestContext.Current.TestOutputHelper?.WriteLine($"interrupted for {cluster.Ledger.Interruption(cluster.N1, cluster.N2)}");
            Assert.InRange(cluster.Ledger.Interruption(cluster.N1, cluster.N2), TimeSpan.Zero, TimeSpan.FromSeconds(2)); // each question that waited for it would take one
            cluster.N3.Postgres.Thaw();
        }
        await cluster.WaitForStates("slave", "master", "slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
        watch.AssertOneWriter();
    }
}
