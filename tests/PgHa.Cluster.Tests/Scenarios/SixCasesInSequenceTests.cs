namespace PgHa.Cluster.Tests.Scenarios;

public sealed class SixCasesInSequenceTests : ClusterTest
{
    [Fact]
    public async Task All_six_cases_succeed_one_after_the_other_on_one_pair()
    {
        var cluster = await BothStopped();
        foreach (var script in SixCases.All.Values) await cluster.Play(script);
        await cluster.Ledger.AssertOnEveryNode();
    }
}
