using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>The v1 API of one agent. Every call and its answer is noted in the cluster's transcript.</summary>
internal sealed class Api(string node, Uri root, ConcurrentQueue<string> transcript)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(100) };

    /// <summary>Presented with every call when not null.</summary>
    public string? Token { get; set; }

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path);

    public Task<Answer> Post(string path, string? body = null) => Send(HttpMethod.Post, path, body);

    public Task<Answer> Delete(string path) => Send(HttpMethod.Delete, path);

    public Task<Answer> Send(HttpMethod method, string path, string? body = null) =>
        Send(method, path, body == null ? null : new StringContent(body), TestContext.Current.CancellationToken);

    public async Task<Answer> Send(HttpMethod method, string path, HttpContent? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(root, path)) { Content = body };
        if (Token != null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        var clock = Stopwatch.StartNew();
        using var response = await Http.SendAsync(request, cancel);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var answer = new Answer($"{method} {node} {path}", (int)response.StatusCode, text, response.Headers.Location, clock.Elapsed);
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
