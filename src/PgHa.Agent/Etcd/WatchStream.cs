using Grpc.Core;
using PgHa.Agent.Etcd.Wire;

namespace PgHa.Agent.Etcd;

/// <summary>The stream of one watch at one endpoint. Once it has given an outage it is over.</summary>
internal sealed class WatchStream(EtcdEndpoint endpoint, EtcdTerm term, TimeProvider time, TimeSpan silence) : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private AsyncDuplexStreamingCall<WatchRequest, WatchResponse>? _call;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _call?.Dispose();
        _end.Dispose();
    }

    /// <summary>Begins the watch; the first step may be empty.</summary>
    internal async Task<EtcdAnswer<IReadOnlyList<EtcdEvent>>> OpenAsync(string prefix, long from, CancellationToken cancel)
    {
        using var bound = new CancellationTokenSource(silence, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancel);
        var headers = await endpoint.HeadersAsync(both.Token);
        cancel.ThrowIfCancellationRequested();
        if (!headers.IsOk)
            return headers.Outage;
        headers.Value.Add("hasleader", "true"); // a member that loses its leader ends the watch
        _call = endpoint.Watches.Watch(headers.Value, cancellationToken: _end.Token);
        var create = new WatchCreateRequest { Key = WireForm.Key(prefix), RangeEnd = WireForm.EndOf(prefix), StartRevision = from };
        return await SendAsync(new() { CreateRequest = create }, cancel) is { } outage ? outage : await NextAsync(cancel);
    }

    /// <summary>What it says next: events of whole revisions, or none where it only shows that it lives.</summary>
    internal async Task<EtcdAnswer<IReadOnlyList<EtcdEvent>>> NextAsync(CancellationToken cancel)
    {
        try
        {
            var next = _call!.ResponseStream.MoveNext(_end.Token);
            if (await IsSilentAsync(next, cancel))
                return OutageWords.Silent(endpoint.Url);
            return await next ? Read(_call.ResponseStream.Current) : new Outage($"{endpoint.Url.Authority} has ended the watch", Outage.UsualHint);
        }
        catch (RpcException e)
        {
            return Lost(e);
        }
    }

    /// <summary>Asks whether it lives, twice. Without that a watch in which nothing happens could not be told from a dead one.</summary>
    private async Task<bool> IsSilentAsync(Task<bool> next, CancellationToken cancel)
    {
        for (var asked = 0; ; asked++)
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await Task.WhenAny(next, Task.Delay(silence / 3, time, enough.Token));
            await enough.CancelAsync();
            cancel.ThrowIfCancellationRequested();
            if (next.IsCompleted || asked == 2)
                return !next.IsCompleted;
            if (await SendAsync(new() { ProgressRequest = new() }, cancel) is not null)
                return false; // what was read last says why
        }
    }

    // A token that has run out is told as a permission that is missing.
    private EtcdAnswer<IReadOnlyList<EtcdEvent>> Read(WatchResponse response)
    {
        if (response.Canceled)
            endpoint.ForgetLogin();
        return WatchForm.Of(endpoint.Url, response, term.Last);
    }

    private Outage Lost(RpcException failure)
    {
        if (EtcdLogin.IsOutdated(failure))
            endpoint.ForgetLogin();
        return OutageWords.Of(endpoint.Url, failure);
    }

    private async Task<Outage?> SendAsync(WatchRequest request, CancellationToken cancel)
    {
        using var bound = new CancellationTokenSource(silence / 3, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancel);
        try
        {
            await _call!.RequestStream.WriteAsync(request, both.Token);
            return null;
        }
        catch (RpcException e)
        {
            return Lost(e);
        }
        catch (OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return OutageWords.Silent(endpoint.Url);
        }
        catch (InvalidOperationException) // the stream has ended
        {
            return new Outage($"{endpoint.Url.Authority} has ended the watch", Outage.UsualHint);
        }
    }
}
