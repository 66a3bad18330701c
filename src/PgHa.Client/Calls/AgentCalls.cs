using System.Buffers;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PgHa.Client.Operations;

namespace PgHa.Client.Calls;

/// <summary>
/// Calls of one agent, and how their answers are read: bounded in time and length, and typed. An agent that is away is an answer, and so is
/// one whose answer cannot be understood.
/// </summary>
internal sealed class AgentCalls(AgentPlace place, HttpClient http)
{
    /// <summary>An agent in the middle of a file that sends nothing for so long is away.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private const int Piece = 1 << 17;

    /// <summary>The body of the answer.</summary>
    internal Task<Answer<T>> AskAsync<T>(
        HttpMethod method, string path, TimeSpan within, JsonTypeInfo<T> type, CancellationToken cancel, Action<HttpRequestMessage>? prepare = null) =>
        SendAsync(method, path, within, prepare, async (response, bound) => Read(await response.Content.ReadAsByteArrayAsync(bound), type), cancel);

    /// <summary>Whether it was done, where the answer says no more; why not, or null.</summary>
    internal async Task<Refusal?> TellAsync(HttpMethod method, string path, TimeSpan within, CancellationToken cancel, Action<HttpRequestMessage>? prepare = null) =>
        (await SendAsync<bool>(method, path, within, prepare, (_, _) => Task.FromResult<Answer<bool>>(true), cancel)).Refusal;

    /// <summary>One call, and what a success means.</summary>
    internal async Task<Answer<T>> SendAsync<T>(
        HttpMethod method, string path, TimeSpan within, Action<HttpRequestMessage>? prepare, Func<HttpResponseMessage, CancellationToken, Task<Answer<T>>> read, CancellationToken cancel)
    {
        using var deadline = Deadline(within, cancel);
        return await ReachAsync(async () =>
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
            prepare?.Invoke(request);
            using var response = await http.SendAsync(request, deadline.Token);
            return response.IsSuccessStatusCode ? await read(response, deadline.Token) : await RefusalAsync(response, deadline.Token);
        }, cancel);
    }

    /// <summary>A body that has to be there.</summary>
    internal Answer<T> Read<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type)
    {
        var value = JsonSerializer.Deserialize(body, type);
        return value is null ? Away(new JsonException("empty answer")) : value;
    }

    /// <summary>Passes a file on, of any length, and says how long it was.</summary>
    internal async Task<Answer<long>> PassAsync(string path, TimeSpan within, Stream destination, CancellationToken cancel)
    {
        using var patience = Deadline(within, cancel);
        var opened = await ReachAsync(() => OpenAsync(path, patience.Token), cancel);
        if (!opened.IsOk)
            return opened.Refusal;
        using var response = opened.Value;
        return await PassOnAsync(await response.Content.ReadAsStreamAsync(cancel), destination, patience, cancel);
    }

    private async Task<Answer<HttpResponseMessage>> OpenAsync(string path, CancellationToken cancel)
    {
        var response = await http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancel);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            return await RefusalAsync(response, cancel);
    }

    /// <summary>
    /// Only a failure on the way from the agent means that it is away. A failure here, a full disk above all, is the caller's. An agent that
    /// falls silent is given up; one that is slow is not.
    /// </summary>
    private async Task<Answer<long>> PassOnAsync(Stream body, Stream destination, CancellationTokenSource patience, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            for (var total = 0L; ;)
            {
                patience.CancelAfter(Silence);
                var read = await ReachAsync<int>(async () => await body.ReadAsync(buffer, patience.Token), cancel);
                if (!read.IsOk || read.Value == 0)
                    return read.IsOk ? total : read.Refusal;
                patience.CancelAfter(Timeout.InfiniteTimeSpan); // a disk of ours that is slow is not the agent's silence
                await destination.WriteAsync(buffer.AsMemory(0, read.Value), cancel);
                total += read.Value;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What is thrown on the way is not limited to the exceptions of HTTP: a connection that is reset while it is made throws a SocketException.</summary>
    private async Task<Answer<T>> ReachAsync<T>(Func<Task<Answer<T>>> ask, CancellationToken cancel)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            return Away(e);
        }
    }

    /// <summary>Ends with the caller or at the deadline, whichever comes first.</summary>
    private static CancellationTokenSource Deadline(TimeSpan within, CancellationToken cancel)
    {
        var linked = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        linked.CancelAfter(within);
        return linked;
    }

    private async Task<Refusal> RefusalAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.Content.Headers.ContentType?.MediaType == "application/json"
            && JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancel), WireJson.Default.Refusal) is { } refusal)
            return response.StatusCode == HttpStatusCode.Unauthorized
                ? place.TokenFrom is null ? Refused(refusal)
                    : new(Code.Credentials, $"the agent of {place.Node} asks for a token, and does not accept what it was given", place.TokenFrom)
                : refusal;
        return Away(new HttpRequestException($"HTTP {(int)response.StatusCode}"));
    }

    /// <summary>An agent that asks for certificates says what is wrong with ours.</summary>
    private Refusal Refused(Refusal why) =>
        why.Message == Refusal.BadCredentials || place.Certificate() is null ? new(Code.PeerUnreachable, $"the agent of {place.Node} refuses our token", "use the same security.token_file content on all nodes")
        : new(Code.PeerUnreachable, $"the agent of {place.Node} refuses us: {why.Message}", why.Hint);

    internal Refusal Away(Exception e) => new(Code.PeerUnreachable,
        $"the agent of {place.Node} at {http.BaseAddress} does not answer: {(e is OperationCanceledException ? "no answer in time" : e.InnerException?.Message ?? e.Message)}",
        $"start the agent of {place.Node}, or look at the network");
}
