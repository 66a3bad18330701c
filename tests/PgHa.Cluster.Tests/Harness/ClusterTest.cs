namespace PgHa.Cluster.Tests.Harness;

/// <summary>Base of the tests: sets clusters up, takes them down whatever happens, and shows their logs when a test failed.</summary>
public abstract class ClusterTest : IAsyncDisposable
{
    private readonly List<TestCluster> own = [];
    private readonly List<TestCluster> shared = [];

    internal async Task<TestCluster> BothRunning() => Keep(await TestCluster.AllRunning());

    internal async Task<TestCluster> BothStopped() => Keep(await TestCluster.AllStopped());

    internal async Task<TestCluster> ThreeRunning() => Keep(await TestCluster.AllRunning(3));

    /// <summary>N1 was stopped cleanly; N2 is in recovery and has everything.</summary>
    internal async Task<TestCluster> PrimaryStopped()
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play("DELETE N1 instance/current → inactive, recovery");
        return cluster;
    }

    internal TestCluster Keep(TestCluster cluster)
    {
        own.Add(cluster);
        return cluster;
    }

    /// <summary>A cluster of a fixture: shown when this test fails, taken down by the fixture.</summary>
    internal TestCluster Share(TestCluster cluster)
    {
        shared.Add(cluster);
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        var failed = TestContext.Current.TestState?.Result == TestResult.Failed;
        foreach (var cluster in own.Concat(shared))
            TestContext.Current.TestOutputHelper?.WriteLine(failed ? Report.Of(cluster) : Report.Calls(cluster));
        foreach (var cluster in own) await cluster.DisposeAsync();
    }
}
