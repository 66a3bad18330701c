namespace PgHa.Cluster.Tests.Harness;

/// <summary>One running pair for all tests of a class: only for calls that change nothing.</summary>
public sealed class RunningPair : IAsyncLifetime
{
    internal TestCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await TestCluster.AllRunning();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

/// <summary>One stopped pair for all tests of a class: only for calls that change nothing.</summary>
public sealed class StoppedPair : IAsyncLifetime
{
    internal TestCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await TestCluster.AllStopped();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
