using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>The API of one agent: paths are those of v1 unless said otherwise. Every call and its answer is noted in the cluster's transcript.</summary>
internal sealed class Api(string node, Uri root, ConcurrentQueue<string> transcript)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(100) };

    /// <summary>Presented with every call when not null.</summary>
    public string? Token { get; set; }

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path);

    public Task<Answer> Post(string path, string? body = null) => Send(HttpMethod.Post, path, body);

    public Task<Answer> Delete(string path) => Send(HttpMethod.Delete, path);

    /// <summary>A call of v2, as an operator makes it by hand, or as part of an operation.</summary>
    public Task<Answer> PostV2(string path, string? operation = null) => Send(HttpMethod.Post, "../v2/" + path, operation: operation);

    /// <summary>One of the numbered steps of an operation.</summary>
    public Task<Answer> PostStep(string path, string operation, string number) =>
        Send(HttpMethod.Post, "../v2/" + path, null, TestContext.Current.CancellationToken, operation, number: number);

    public Task<Answer> GetV2(string path) => Send(HttpMethod.Get, "../v2/" + path);

    /// <summary>Takes this node's lock as a peer does whose agent is <paramref name="owner"/>.</summary>
    public async Task TakeLock(string operation, TestNode owner)
    {
        var seen = await owner.Api.GetV2("node");
        var answer = await Send(HttpMethod.Post, "../v2/node/lock",
            $$"""{"operation":"{{operation}}","owner":"{{owner.Name}}","owner_boot":"{{seen.Field("boot_id")}}","goal":"a test","identity":{{seen.Field("identity")}}}""");
        Assert.True(answer.Field("granted")!.Value.GetBoolean(), answer.ToString());
    }

    /// <summary>The operation that holds this node's lock, or null.</summary>
    public async Task<string?> LockedBy() => (await GetV2("node?fresh=true")).Field("locked_by")?.GetString();

    /// <summary>A call with an Idempotency-Key.</summary>
    public Task<Answer> PostWithKey(string key, string path, string? body = null) =>
        Send(HttpMethod.Post, path, body == null ? null : new StringContent(body, new MediaTypeHeaderValue("application/json")), TestContext.Current.CancellationToken, key: key);

    public Task<Answer> Send(HttpMethod method, string path, string? body = null, string? operation = null) =>
        Send(method, path, body == null ? null : new StringContent(body, new MediaTypeHeaderValue("application/json")), TestContext.Current.CancellationToken, operation);

    public async Task<Answer> Send(HttpMethod method, string path, HttpContent? body, CancellationToken cancel, string? operation = null, string? digest = null, string? key = null, string? number = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(root, path)) { Content = body };
        if (Token != null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        if (key != null) request.Headers.Add("Idempotency-Key", key);
        if (number != null) request.Headers.Add("X-Pgha-Step", number);
        if (operation != null)
        {
            request.Headers.Add("X-Pgha-Operation", operation);
            request.Headers.Add("X-Pgha-Cluster", digest ?? (await GetV2("node")).Field("identity")?.GetProperty("digest").GetString());
        }
        var clock = Stopwatch.StartNew();
        using var response = await Http.SendAsync(request, cancel);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var answer = new Answer($"{method} {node} {path}", (int)response.StatusCode, text.TrimEnd('\n'), response.Headers.Location, clock.Elapsed)
        {
            Forced = response.Headers.TryGetValues("X-Pgha-Forced", out var forced) ? string.Join("; ", forced) : "",
            Repeated = response.Headers.TryGetValues("X-Pgha-Repeated", out var repeated) ? string.Join("; ", repeated) : "",
            Suggested = response.Headers.TryGetValues("X-Pgha-Hint", out var hint) ? string.Join("; ", hint) : "",
        };
        transcript.Enqueue(answer.ToString());
        return answer;
    }

    public async Task<bool> Answers()
    {
        try
        {
            using var response = await Http.GetAsync(new Uri(root, "instance/current"), TestContext.Current.CancellationToken);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
