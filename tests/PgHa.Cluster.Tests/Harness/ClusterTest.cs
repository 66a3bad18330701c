namespace PgHa.Cluster.Tests.Harness;

/// <summary>Base of the tests: sets clusters up, takes them down whatever happens, and shows their logs when a test failed.</summary>
public abstract class ClusterTest : IAsyncDisposable
{
    private readonly List<TestCluster> clusters = [];

    internal async Task<TestCluster> BothRunning() => Keep(await TestCluster.AllRunning());

    internal async Task<TestCluster> BothStopped() => Keep(await TestCluster.AllStopped());

    internal async Task<TestCluster> ThreeRunning() => Keep(await TestCluster.AllRunning(3));

    internal TestCluster Keep(TestCluster cluster)
    {
        clusters.Add(cluster);
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var cluster in clusters)
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed)
                TestContext.Current.TestOutputHelper?.WriteLine(Report.Of(cluster));
            await cluster.DisposeAsync();
        }
    }
}
