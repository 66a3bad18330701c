using PgHa.Agent.Configuration;
using PgHa.Client.Facts;

namespace PgHa.Agent.Tests.Configuration;

/// <summary>Which spellings of a cluster are the same cluster.</summary>
[Trait("Category", "Fast")]
public class IdentityTests
{
    private static readonly NodeOptions One = new("n1", new("http://host-a:8079"), "host-a", 5432), Two = new("n2", new("http://host-b:8079"), "::1", 5432);

    private static string Digest(string cluster, params NodeOptions[] nodes) => ClusterIdentity.Of(cluster, nodes.Select(n => n.Member)).Digest;

    [Fact]
    public void Order_case_and_slashes_do_not_matter()
    {
        var digest = Digest("main", One, Two);
        Assert.Equal(digest, Digest("main", Two, One));
        Assert.Equal(digest, Digest("main", One with { Agent = new("HTTP://Host-A:8079/"), PostgresHost = "HOST-A" }, Two));
        Assert.Equal(Digest("main", One with { Agent = new("http://a:80") }), Digest("main", One with { Agent = new("http://a") }));
    }

    [Fact]
    public void Everything_else_does()
    {
        NodeOptions[][] others =
        [
            [One], [One, Two, One with { Name = "n3" }], [One with { Name = "N1" }, Two], [One with { Agent = new("https://host-a:8079") }, Two], [One with { Agent = new("http://host-a:8080") }, Two],
            [One with { PostgresHost = "host-c" }, Two], [One with { PostgresPort = 5433 }, Two],
        ];
        string[] digests = [Digest("main", One, Two), Digest("other", One, Two), .. others.Select(nodes => Digest("main", nodes))];
        Assert.Equal(digests.Length, digests.Distinct().Count());
    }
}
