using System.Buffers;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PgHa.Agent.Cluster;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Peers;

/// <summary>Another node, through its agent.</summary>
internal sealed class RemoteNode(string name, HttpClient http) : INode
{
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Slots = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Starting = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Reading = TimeSpan.FromSeconds(60);

    /// <summary>A peer in the middle of a file that sends nothing for so long is away.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private const int Piece = 1 << 17;

    public string Name => name;

    public async Task<NodeObservation> ObserveAsync(bool fresh, CancellationToken cancel)
    {
        var answer = await AskAsync(HttpMethod.Get, $"node?fresh={(fresh ? "true" : "false")}", Quick, WireJson.Default.NodeObservation, cancel);
        return answer.IsOk ? answer.Value with { Node = name, AnswersAs = answer.Value.Node == name ? null : answer.Value.Node } : NodeObservation.Unreachable(name, answer.Refusal.Message);
    }

    public async Task<Answer<WalPosition>> WalPositionAsync(CancellationToken cancel)
    {
        var answer = await AskAsync(HttpMethod.Get, "node/wal", Reading, WireJson.Default.WalPosition, cancel);
        return answer.IsOk && !answer.Value.MakesSense ? Away(new InvalidDataException("its WAL position makes no sense")) : answer;
    }

    public Task<Answer<LastRecord>> LastRecordAsync(CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, "node/lsn", Reading, WireJson.Default.LastRecord, cancel);

    public Task<Answer<WalDigest>> WalDigestAsync(Lsn from, Lsn to, CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, $"node/wal/digest?from={from}&to={to}", Reading, WireJson.Default.WalDigest, cancel);

    public Task<Answer<WalTail>> WalTailAsync(Lsn at, CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, $"node/wal/tail?at={at}", Reading, WireJson.Default.WalTail, cancel);

    public Task<Answer<SlotsReport>> SlotsAsync(CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, "node/slots", Slots, WireJson.Default.SlotsReport, cancel);

    public Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, "node/next-start", Starting, WireJson.Default.NextStart, cancel);

    public async Task<Answer<byte[]>> SlotFileAsync(string slot, CancellationToken cancel)
    {
        using var bytes = new MemoryStream();
        var copied = await CopyAsync($"{Routes.V2}/node/slots/{slot}/file", bytes, cancel);
        return copied.IsOk ? bytes.ToArray() : copied.Refusal;
    }

    public Task<Answer<DecodingFile[]>> DecodingFilesAsync(Lsn from, CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, $"node/slots/decoding?from={from}", Reading, WireJson.Default.DecodingFileArray, cancel);

    public Task<Answer<bool>> LogRunningTransactionsAsync(CancellationToken cancel) =>
        AskAsync(HttpMethod.Post, "node/slots/snapshot", Slots, WireJson.Default.Boolean, cancel);

    public Task<Answer<long>> CopyWalFileAsync(string file, Stream destination, CancellationToken cancel) =>
        CopyAsync($"{Routes.V1}/walFile/{file}", destination, cancel);

    public Task<Answer<long>> CopyWalAsync(Lsn from, Lsn to, Stream destination, CancellationToken cancel) =>
        CopyAsync($"{Routes.V2}/node/wal/bytes?from={from}&to={to}", destination, cancel);

    private async Task<Answer<long>> CopyAsync(string path, Stream destination, CancellationToken cancel)
    {
        using var patience = Deadline(Reading, cancel);
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
    /// Only what fails on the way from the peer is taken for the peer being away: what fails here, a full disk above all, is for the
    /// caller. A peer that falls silent is given up; one that is slow is not.
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
                patience.CancelAfter(Timeout.InfiniteTimeSpan); // a disk of ours that is slow is not the peer's silence
                await destination.WriteAsync(buffer.AsMemory(0, read.Value), cancel);
                total += read.Value;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public async Task<StepResult> RunAsync(Step step, string operation, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(step);
        var answer = await AskAsync(HttpMethod.Post, "node/" + step.Path, step.Bound, WireJson.Default.StepResult, cancel,
            request => request.Headers.Add(Routes.OperationHeader, operation));
        return answer.IsOk ? answer.Value : StepResult.Failed(answer.Refusal);
    }

    public Task<Answer<LockAnswer>> LockAsync(OperationLock wanted, CancellationToken cancel) =>
        AskAsync(HttpMethod.Post, "node/lock", Quick, WireJson.Default.LockAnswer, cancel,
            request => request.Content = JsonContent.Create(wanted, WireJson.Default.OperationLock));

    public async Task UnlockAsync(string operation, CancellationToken cancel) =>
        // A node that is away holds no lock worth waiting for: it carries our boot id and is freed by the next operation there.
        await AskAsync(HttpMethod.Delete, $"node/lock/{operation}", Quick, WireJson.Default.LockAnswer, cancel);

    private async Task<Answer<T>> AskAsync<T>(
        HttpMethod method, string path, TimeSpan within, JsonTypeInfo<T> type, CancellationToken cancel, Action<HttpRequestMessage>? prepare = null)
    {
        using var deadline = Deadline(within, cancel);
        return await ReachAsync<T>(async () =>
        {
            using var request = new HttpRequestMessage(method, new Uri($"{Routes.V2}/{path}", UriKind.Relative));
            prepare?.Invoke(request);
            using var response = await http.SendAsync(request, deadline.Token);
            if (!response.IsSuccessStatusCode)
                return await RefusalAsync(response, deadline.Token);
            var value = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(deadline.Token), type);
            return value is null ? Away(new JsonException("empty answer")) : value;
        }, cancel);
    }

    /// <summary>
    /// A peer that is away is an answer, and so is one that says what nobody understands. What is thrown on the way is not limited to the
    /// exceptions of HTTP: a connection that is reset while it is made throws a SocketException.
    /// </summary>
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
                ? new(Code.PeerUnreachable, $"the agent of {name} refuses our token", "use the same security.token_file content on all nodes")
                : refusal;
        return Away(new HttpRequestException($"HTTP {(int)response.StatusCode}"));
    }


    private Refusal Away(Exception e) => new(Code.PeerUnreachable,
        $"the agent of {name} at {http.BaseAddress} does not answer: {(e is OperationCanceledException ? "no answer in time" : e.InnerException?.Message ?? e.Message)}",
        $"start the agent of {name}, or look at the network");
}
