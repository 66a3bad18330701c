namespace PgHa.Cluster.Tests.CommandLine;

/// <summary>Three running nodes for all tests of a class. A test that changes them puts them back: N1 primary, the others streaming.</summary>
public sealed class ThreeShared : IAsyncLifetime
{
    internal TestCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await TestCluster.AllRunning(3);

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
