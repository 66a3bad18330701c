namespace PgHa.Cluster.Tests.Safety;

public sealed class SwitchoverUnderLoadTests : ClusterTest
{
    [Theory]
    [InlineData("masterSlave")]
    [InlineData("slaveMaster")]
    public async Task A_switchover_under_writing_clients_loses_nothing(string order)
    {
        var cluster = await BothRunning();
        await using (new WritingClients(cluster))
        {
            for (var round = 0; round < 3; round++)
            {
                await WritesOn(cluster, cluster.N1);
                await cluster.Play($"POST N1 instance/switchover/{order} → slave, master");
                await WritesOn(cluster, cluster.N2);
                await cluster.Play($"POST N1 instance/switchover/{order} → master, slave");
            }
            await WritesOn(cluster, cluster.N1);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal("1212121", string.Concat(cluster.Ledger.Reigns().Select(node => node.Number)));
    }

    private static async Task WritesOn(TestCluster cluster, TestNode node)
    {
        var before = cluster.Ledger.CountOn(node);
        await Wait.Until($"{node.Name} is written to", () => cluster.Ledger.CountOn(node) > before + 30);
    }
}
