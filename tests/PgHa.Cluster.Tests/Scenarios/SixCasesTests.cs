namespace PgHa.Cluster.Tests.Scenarios;

public sealed class SixCasesTests : ClusterTest
{
    public static TheoryData<string> Cases => [.. SixCases.All.Keys];

    [Theory, MemberData(nameof(Cases))]
    public async Task A_case_alone_succeeds_from_both_stopped(string name) => await PlayAndCheck(await BothStopped(), name);

    [Theory, MemberData(nameof(Cases))]
    public async Task A_case_alone_succeeds_from_both_running(string name) => await PlayAndCheck(await BothRunning(), name);

    private static async Task PlayAndCheck(TestCluster cluster, string name)
    {
        await cluster.Play(SixCases.Named(name));
        await cluster.Ledger.AssertOnEveryNode();
    }
}
