namespace PgHa.Cluster.Tests.Scenarios;

public sealed class SixCasesUnderLoadTests : ClusterTest
{
    [Fact]
    public async Task All_six_cases_succeed_with_writers_hammering_both_nodes_throughout()
    {
        var cluster = await BothStopped();
        await using (new WritingClients(cluster))
        {
            foreach (var script in SixCases.All.Values) await cluster.Play(script);
        }
        await cluster.Ledger.AssertOnEveryNode();
        // Cases 03 to 06 each hand the writes from N1 to N2; each next one brings them back.
        Assert.Equal(["N1", "N2", "N1", "N2", "N1", "N2", "N1", "N2"], cluster.Ledger.Reigns().Select(node => $"N{node.Number}"));
    }
}
