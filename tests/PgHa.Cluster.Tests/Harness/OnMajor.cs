using PgHa.Formats.Tests.Support;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>Pairs of any major version: of Debian's own by its tools, of the others from cold copies.</summary>
internal static class OnMajor
{
    public static TheoryData<int> Others => [13, 14, 16, 17, 18];

    /// <summary>N1 streams to N2; hands and agents use that major's programs.</summary>
    public static async Task<TestCluster> Running(int major)
    {
        var cluster = await MajorPair.Stopped(major);
        try
        {
            foreach (var node in cluster.Nodes) node.Postgres.BinDir = await Majors.Bin(major);
            await cluster.StartServers();
            Assert.StartsWith($"PostgreSQL {major}.", await cluster.N1.Postgres.Ask<string>("SELECT version()"), StringComparison.Ordinal);
            return cluster;
        }
        catch
        {
            TestContext.Current.TestOutputHelper?.WriteLine(Report.Of(cluster));
            await cluster.DisposeAsync();
            throw;
        }
    }
}
