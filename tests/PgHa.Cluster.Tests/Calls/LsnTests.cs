using System.Security.Cryptography;
using System.Text.Json;

namespace PgHa.Cluster.Tests.Calls;

public sealed class LsnTests(StoppedPair stopped, RunningPair running) : ClusterTest, IClassFixture<StoppedPair>, IClassFixture<RunningPair>
{
    private static async Task<Dictionary<string, string>> Lsn(TestNode node)
    {
        var answer = await node.Api.Get("lsn/current");
        Assert.Equal(200, answer.Status);
        return JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string>>>(answer.Body)![node.Name];
    }

    [Fact]
    public async Task After_a_clean_stop_the_last_record_of_the_primary_is_the_shutdown_checkpoint_and_it_holds_that_of_the_standby()
    {
        var cluster = Share(stopped.Cluster);
        var (one, two) = (await Lsn(cluster.N1), await Lsn(cluster.N2));
        Assert.Equal(one["chkPoint"], one["lastLsn"]);
        Assert.Equal("1", one["timeLineID"]);
        var valid = await cluster.N1.Api.Get($"validLsn/1/{one["lastLsn"]}");
        Assert.Equal("""{"code":0,"msg":"Valid lsn","cnt":"1"}""", valid.Body);
        Assert.Equal(0, (await cluster.N1.Api.Get($"validLsn/1/{two["lastLsn"]}")).Code);
    }

    [Fact]
    public async Task On_a_running_primary_the_checkpoint_is_that_of_SQL_and_the_standby_catches_up()
    {
        var cluster = Share(running.Cluster);
        var one = await Lsn(cluster.N1);
        Assert.Equal(await cluster.N1.Postgres.Ask<string>("SELECT checkpoint_lsn::text FROM pg_control_checkpoint()"), one["chkPoint"]);
        Assert.Equal(await cluster.N1.Postgres.Ask<string>("SELECT redo_lsn::text FROM pg_control_checkpoint()"), one["chkRedoPoint"]);
        await Wait.Until("both nodes have the same last record", async () => (await Lsn(cluster.N1))["lastLsn"] == (await Lsn(cluster.N2))["lastLsn"]);
    }

    [Fact]
    public async Task A_listing_names_the_files_from_the_segment_on_with_their_md5()
    {
        var cluster = Share(stopped.Cluster);
        var one = await Lsn(cluster.N1);
        var path = Path.Combine(cluster.N1.Postgres.DataDirectory, "pg_wal", one["walFile"]);
        var md5 = Convert.ToHexStringLower(MD5.HashData(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken)));
        Assert.Equal($$"""[{"file":"{{one["walFile"]}}","md5":"{{md5}}"}]""", (await cluster.N1.Api.Get($"walFiles/{one["walFile"]}")).Body);
        Assert.Equal($$"""[{"file":"{{one["walFile"]}}","md5":"{{md5}}"}]""", (await cluster.N1.Api.Get($"walFiles/1/{one["lastLsn"]}")).Body);
    }

    [Theory]
    [InlineData("GET", null, 200, 0, 1 << 24)]
    [InlineData("HEAD", null, 200, 0, 0)]
    [InlineData("GET", "bytes=0-0", 206, 0, 1)]
    [InlineData("GET", "bytes=8192-1000000", 206, 8192, 991_809)]
    [InlineData("GET", "bytes=-100", 206, (1 << 24) - 100, 100)]
    [InlineData("GET", "bytes=16777216-", 416, 0, 0)]
    public async Task A_segment_is_sent_as_it_lies_there_whole_or_a_range_of_it(string method, string? range, int status, int from, int length)
    {
        var node = Share(stopped.Cluster).N1;
        var name = node.Segments()[0];
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new(method), new Uri(node.AgentUrl, $"/api/pg/v1/walFile/{name}"));
        if (range != null) request.Headers.TryAddWithoutValidation("Range", range);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("bytes", status == 200 ? response.Headers.AcceptRanges.Single() : "bytes");
        if (method == "HEAD") Assert.Equal(1 << 24, response.Content.Headers.ContentLength);
        var whole = await node.ReadWal(name);
        if (status != 416) Assert.True(whole.AsSpan(from, length).SequenceEqual(bytes), $"{bytes.Length} bytes that are not {length} from {from} on");
    }

    [Theory]
    [InlineData("lsn/elsewhere", 404, 2)]
    [InlineData("walFiles/nonsense", 404, 2)]
    [InlineData("walFiles/99/0/0", 404, 1)]
    [InlineData("walFile/00000001000000000000FFFF", 404, 1)]
    [InlineData("walFile/..%2Fpostgresql.conf", 404, 1)]
    [InlineData("validLsn/1/zz/0", 404, 2)]
    [InlineData("validLsn/1/FF/28", 200, 3)]
    [InlineData("validLsn/9/0/28", 200, 1)]
    public async Task What_is_not_there_is_said(string path, int status, int code)
    {
        var answer = await Share(stopped.Cluster).N1.Api.Get(path);
        Assert.Equal((status, code), (answer.Status, answer.Code));
    }
}
