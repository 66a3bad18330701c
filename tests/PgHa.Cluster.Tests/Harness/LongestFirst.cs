using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(PgHa.Cluster.Tests.Harness.LongestFirst))]

namespace PgHa.Cluster.Tests.Harness;

/// <summary>The campaign takes half an hour: begun last, it would have the machine for itself.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderByDescending(c => c.TestCollectionDisplayName.Contains(nameof(Campaign.CampaignTests), StringComparison.Ordinal))];
}
