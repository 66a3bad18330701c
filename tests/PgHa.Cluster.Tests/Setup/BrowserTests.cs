namespace PgHa.Cluster.Tests.Setup;

/// <summary>A browser on the machine reaches the agent on loopback, and sends what any page asks it to.</summary>
public sealed class BrowserTests : ClusterTest
{
    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task A_page_of_another_origin_neither_reads_nor_changes_anything(string header, string value)
    {
        var cluster = await BothRunning();
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var (method, path) in ((HttpMethod, string)[])[(HttpMethod.Delete, "v1/instance/all"), (HttpMethod.Post, "v1/instance/switchover/masterSlave"),
                         (HttpMethod.Post, "v2/cluster/stop"), (HttpMethod.Post, "v2/node/stop"), (HttpMethod.Get, "v1/instance/all"), (HttpMethod.Put, "v1/walFile/000000010000000000000001")])
                Assert.Equal(403, await Send(cluster.N1, method, path, header, value));
        });
        Assert.Equal(200, await Send(cluster.N1, HttpMethod.Get, "v1/instance/all", "Host", "pg-node01:8079"));
    }

    private static async Task<int> Send(TestNode node, HttpMethod method, string path, string header, string value)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, new Uri(node.AgentUrl, "/api/pg/" + path));
        request.Headers.Add(header, value);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.True(response.Headers.CacheControl!.NoStore);
        return (int)response.StatusCode;
    }
}
