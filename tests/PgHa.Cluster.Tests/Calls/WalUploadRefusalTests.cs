using System.Net.Sockets;
using System.Text;

namespace PgHa.Cluster.Tests.Calls;

/// <summary>What does not fit is refused, and not a byte of the data directory changes.</summary>
public sealed class WalUploadRefusalTests(StoppedPair stopped, RunningPair running) : ClusterTest, IClassFixture<StoppedPair>, IClassFixture<RunningPair>
{
    private const int Page = 8192;

    private static readonly Dictionary<string, Func<byte[], byte[]>> Damages = new()
    {
        ["nothing of it"] = bytes => [],
        ["half a page"] = bytes => bytes[..4096],
        ["truncated by a page"] = bytes => bytes[..^Page],
        ["one byte too long"] = bytes => [.. bytes, 0],
        ["twice as long"] = bytes => [.. bytes, .. bytes],
        ["zeros"] = bytes => new byte[bytes.Length],
        ["a zero first page"] = bytes => Changed(bytes, b => b.AsSpan(0, Page).Clear()),
        ["a zero page with WAL behind it"] = bytes => Changed(bytes, b => b.AsSpan(3 * Page, Page).Clear()),
        ["a flipped magic"] = bytes => Changed(bytes, b => b[0] ^= 1),
        ["the magic of another major"] = bytes => Changed(bytes, b => b[0] = 0x13),
        ["a flipped address"] = bytes => Changed(bytes, b => b[11] ^= 1),
        ["a foreign system identifier"] = bytes => Changed(bytes, b => b[24] ^= 1),
        ["another segment size"] = bytes => Changed(bytes, b => b[34] ^= 3),
        ["another page size"] = bytes => Changed(bytes, b => b[37] ^= 0x60),
        ["a first page of another timeline"] = bytes => Changed(bytes, b => b[4] ^= 2),
        ["a later page of another timeline"] = bytes => Changed(bytes, b => b[5 * Page + 4] ^= 2),
        ["a flipped magic in a later page"] = bytes => Changed(bytes, b => b[5 * Page + 1] ^= 0x10),
        ["a flipped address in a later page"] = bytes => Changed(bytes, b => b[5 * Page + 9] ^= 0x40),
        ["an older address in a later page"] = bytes => Changed(bytes, b => b[5 * Page + 11] ^= 3),
        ["unknown flags in a later page"] = bytes => Changed(bytes, b => b[5 * Page + 3] ^= 0x80),
        ["text"] = bytes => Encoding.ASCII.GetBytes(new string('x', bytes.Length)),
    };

    public static TheoryData<string> Kinds => [.. Damages.Keys];

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_damaged_segment_is_refused(string damage)
    {
        var node = Share(stopped.Cluster).N1;
        var first = node.Segments()[0];
        var bytes = Damages[damage](await node.ReadWal(first));
        await node.AssertSameFiles(async () =>
        {
            (await node.Upload(first, bytes)).AssertRefused(400, 15);
            (await node.UploadForm(first, bytes, HttpMethod.Put)).AssertRefused(400, 15);
        });
    }

    [Fact]
    public async Task A_segment_under_another_ones_name_is_refused_as_in_the_example_of_the_specification()
    {
        var node = Share(stopped.Cluster).N1;
        var bytes = await node.ReadWal(node.Segments()[0]);
        await node.AssertSameFiles(async () =>
        {
            var answer = await node.UploadForm("000000010000000000000039", bytes, HttpMethod.Post);
            answer.AssertRefused(400, 15);
            Assert.Contains("it is 0000000100000000000000", answer.Message, StringComparison.Ordinal);
            (await node.Upload("000000020000000000000001", bytes)).AssertRefused(400, 15);
            (await node.Upload("000000010000000000000039.partial", bytes)).AssertRefused(400, 15);
        });
    }

    [Fact]
    public async Task A_segment_that_differs_from_the_one_here_is_refused()
    {
        var node = Share(stopped.Cluster).N1;
        var (first, last) = (node.Segments()[0], (await node.Api.Get("lsn/current")).Field(node.Name)!.Value.GetProperty("walFile").GetString()!);
        await node.AssertSameFiles(async () =>
        {
            (await node.Upload(first, Changed(await node.ReadWal(first), b => b[2 * Page + 500] ^= 1))).AssertRefused(409, 7);
            (await node.Upload(last, Changed(await node.ReadWal(last), b => b[^1] ^= 1))).AssertRefused(409, 7);
            (await node.Upload(last, Changed(await node.ReadWal(last), b => b[60] ^= 1))).AssertRefused(409, 7);
        });
    }

    [Fact]
    public async Task The_same_segment_again_is_welcome_and_changes_nothing()
    {
        var node = Share(stopped.Cluster).N1;
        var first = node.Segments()[0];
        var bytes = await node.ReadWal(first);
        await node.AssertSameFiles(async () =>
        {
            await node.AssertUploaded(first, bytes, node.Upload(first, bytes));
            await node.AssertUploaded(first, bytes, node.UploadForm(first, bytes, HttpMethod.Put));
        });
    }

    [Theory]
    [InlineData("..%2F..%2Fpostgresql.conf")]
    [InlineData("%2e%2e%2fpostgresql.conf")]
    [InlineData("..")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("..%5C000000010000000000000001")]
    [InlineData("00000001000000000000000a")]
    [InlineData("00000001000000000000001")]
    [InlineData("0000000100000000000000011")]
    [InlineData("000000010000000000000001%20")]
    [InlineData("000000010000000000000001%00")]
    [InlineData("000000010000000000000100")]
    [InlineData("000000000000000000000001")]
    [InlineData("000000010000000000000001.00000028.backup")]
    [InlineData("000000010000000000000001.pgha-staging")]
    [InlineData("0000000g.history")]
    [InlineData("archive_status")]
    public async Task A_hostile_name_is_refused(string name)
    {
        var node = Share(stopped.Cluster).N1;
        var bytes = await node.ReadWal(node.Segments()[0]);
        await node.AssertSameFiles(async () =>
        {
            foreach (var method in new[] { HttpMethod.Post, HttpMethod.Put })
            {
                var answer = await Raw(node, method, name, bytes);
                Assert.True(answer.StartsWith("HTTP/1.1 40", StringComparison.Ordinal) && (answer.Contains("\"code\":2", StringComparison.Ordinal) || answer.Contains("400 Bad Request", StringComparison.Ordinal)), answer);
            }
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a history\n")]
    [InlineData("1\t0/5000000\tno newline at the end")]
    [InlineData("2\t0/5000000\ta timeline that is not an ancestor of ours\n")]
    [InlineData("1\t0/1000000\tbefore our checkpoint\n")]
    public async Task A_history_that_leads_nowhere_from_here_is_refused(string text)
    {
        var node = Share(stopped.Cluster).N1;
        await node.AssertSameFiles(async () => (await node.Upload("00000003.history", Encoding.ASCII.GetBytes(text))).AssertRefused(400, 15));
    }

    [Fact]
    public async Task A_form_with_two_files_or_without_an_end_is_refused()
    {
        var node = Share(stopped.Cluster).N1;
        var first = node.Segments()[0];
        var bytes = await node.ReadWal(first);
        await node.AssertSameFiles(async () =>
        {
            var two = new MultipartFormDataContent { { new ByteArrayContent(bytes), "data", first }, { new ByteArrayContent([1]), "more", "more" } };
            (await node.Api.Send(HttpMethod.Post, $"walFile/{first}", two, TestContext.Current.CancellationToken)).AssertRefused(400, 15);
            var endless = new ByteArrayContent([.. "--x\r\nContent-Disposition: form-data; name=\"data\"; filename=\"f\"\r\n\r\n"u8, .. bytes]);
            endless.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=x");
            (await node.Api.Send(HttpMethod.Post, $"walFile/{first}", endless, TestContext.Current.CancellationToken)).AssertRefused(400, 15);
        });
    }

    [Theory]
    [InlineData(1, "primary"), InlineData(2, "recovery")]
    public async Task A_running_server_keeps_its_pg_wal_to_itself(int number, string word)
    {
        var cluster = Share(running.Cluster);
        var node = cluster.Nodes[number - 1];
        var (first, none) = (node.Segments()[0], "000000010000000000000039");
        var bytes = await node.ReadWal(first);
        var names = node.Segments();
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var name in new[] { first, none, "00000002.history" })
            {
                var answer = await node.UploadForm(name, bytes, HttpMethod.Post);
                answer.AssertRefused(409, 7);
                Assert.Contains(word, answer.Message, StringComparison.Ordinal);
                Assert.Contains("stopped node", answer.Hint, StringComparison.Ordinal);
            }
        });
        Assert.Equal(names, node.Segments());
        Assert.False(node.HasStaged());
    }

    /// <summary>Sent as it is: HttpClient would tidy the path up.</summary>
    private static async Task<string> Raw(TestNode node, HttpMethod method, string name, byte[] body)
    {
        using var client = new TcpClient(node.AgentUrl.Host, node.AgentUrl.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"{method} /api/pg/v1/walFile/{name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n"),
            TestContext.Current.CancellationToken);
        var answer = new byte[4096];
        var read = 0;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        while (!Encoding.ASCII.GetString(answer, 0, read).Contains("hint", StringComparison.Ordinal) && read < answer.Length)
        {
            var more = await stream.ReadAsync(answer.AsMemory(read), deadline.Token);
            if (more == 0) break;
            read += more;
        }
        return Encoding.ASCII.GetString(answer, 0, read);
    }

    private static byte[] Changed(byte[] bytes, Action<byte[]> change)
    {
        byte[] copy = [.. bytes];
        change(copy);
        return copy;
    }
}
