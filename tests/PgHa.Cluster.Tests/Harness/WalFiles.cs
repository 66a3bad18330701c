using System.Net.Http.Headers;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>The files of a node's pg_wal, and their upload.</summary>
internal static class WalFiles
{
    public static string Wal(this TestNode node, string name) => Path.Combine(node.Postgres.DataDirectory, "pg_wal", name);

    public static bool HasWal(this TestNode node, string name) => File.Exists(node.Wal(name));

    /// <summary>The names of its segments, oldest first.</summary>
    public static string[] Segments(this TestNode node) =>
        [.. Directory.EnumerateFiles(node.Wal("")).Select(f => Path.GetFileName(f)!).Where(f => f.Length == 24).Order()];

    public static bool HasStaged(this TestNode node) => Directory.EnumerateFiles(node.Wal(""), "*.pgha-staging").Any();

    public static Task<byte[]> ReadWal(this TestNode node, string name) => File.ReadAllBytesAsync(node.Wal(name), TestContext.Current.CancellationToken);

    public static Task<Answer> Upload(this TestNode node, string name, byte[] bytes) =>
        node.Api.Send(HttpMethod.Post, $"walFile/{name}", new ByteArrayContent(bytes), TestContext.Current.CancellationToken);

    /// <summary>As curl -F data=@FILE sends it.</summary>
    public static Task<Answer> UploadForm(this TestNode node, string name, byte[] bytes, HttpMethod method)
    {
        var file = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        return node.Api.Send(method, $"walFile/{name}", new MultipartFormDataContent { { file, "data", name } }, TestContext.Current.CancellationToken);
    }

    /// <summary>The answer of the specification, and the file is there byte for byte.</summary>
    public static async Task AssertUploaded(this TestNode node, string name, byte[] bytes, Task<Answer> upload)
    {
        var answer = await upload;
        var path = Path.Combine(node.Postgres.DataDirectory, "pg_wal", name);
        Assert.True(answer.Status == 200 && answer.Body == $$"""{"code":0,"msg":"The file <{{path}}> was uploaded"}""", answer.ToString());
        var here = await node.ReadWal(name);
        Assert.True(bytes.AsSpan().SequenceEqual(here), $"{name} is not what was sent");
    }

    /// <summary>Not a byte of the data directory changes, no name comes or goes.</summary>
    public static async Task AssertSameFiles(this TestNode node, Func<Task> calls)
    {
        var before = FolderContent.Of(node.Postgres.DataDirectory);
        await calls();
        Assert.Equal(before, FolderContent.Of(node.Postgres.DataDirectory));
    }
}
