namespace PgHa.Cluster.Tests.Setup;

/// <summary>What a person sees who calls an agent in a terminal.</summary>
public sealed class AnswerFormTests : ClusterTest
{
    [Fact]
    public async Task Answers_to_GET_end_their_line_and_are_indented_when_asked()
    {
        var cluster = await BothStopped();
        Assert.Equal("""{"pg-node01":"inactive","pg-node02":"inactive"}""" + "\n", await Get(cluster, "v1/instance/all"));
        Assert.Equal("""
            {
              "pg-node01": "inactive",
              "pg-node02": "inactive"
            }

            """, await Get(cluster, "v1/instance/all?pretty"));
        Assert.StartsWith("[\n  {\n    \"node\": \"pg-node01\"", await Get(cluster, "v2/cluster?pretty=true"), StringComparison.Ordinal);
        Assert.EndsWith("}]\n", await Get(cluster, "v2/cluster?pretty=false"), StringComparison.Ordinal);
        Assert.Contains("invalid option pretty", await Get(cluster, "v2/cluster?pretty=nicely"), StringComparison.Ordinal);
        Assert.EndsWith("}\n", await Get(cluster, "v2/operations/none"), StringComparison.Ordinal);
        Assert.EndsWith("]\n", await Get(cluster, "v1/walFiles/000000010000000000000001"), StringComparison.Ordinal); // written at once, with its length
    }

    /// <summary>A file is its bytes.</summary>
    [Fact]
    public async Task Files_are_sent_as_they_are()
    {
        var cluster = await BothStopped();
        var segment = Directory.GetFiles(cluster.N1.Postgres.InData("pg_wal")).First(file => Path.GetFileName(file).Length == 24);
        Assert.Equal(
            await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken),
            await Bytes(cluster, $"v1/walFile/{Path.GetFileName(segment)}"));
    }

    private static async Task<string> Get(TestCluster cluster, string path) => System.Text.Encoding.UTF8.GetString(await Bytes(cluster, path));

    private static async Task<byte[]> Bytes(TestCluster cluster, string path)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(cluster.N1.AgentUrl, "/api/pg/" + path), TestContext.Current.CancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        if (response.Content.Headers.ContentLength is { } length) Assert.Equal(length, bytes.Length);
        return bytes;
    }
}
