using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Observations are made on demand and shared. A caller within 100 ms of the beginning of one gets the same, unless the server
/// process has ended since. A caller late in that time also begins the next one, so that under load no caller waits for the server.
/// Nothing is polled.
/// </summary>
internal sealed class SharedObservation(InstanceObserver observer, TimeProvider time)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RenewAfter = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private Task<NodeObservation>? _flight;
    private Task<NodeObservation>? _next;
    private Task<NodeObservation>? _last;
    private long _lastBegun;
    private long _validFrom;

    /// <summary>An observation up to 100 ms old, or with <paramref name="fresh"/> one begun after this call.</summary>
    internal Task<NodeObservation> GetAsync(bool fresh, CancellationToken cancel)
    {
        Task<NodeObservation> answer;
        lock (_gate)
        {
            if (fresh)
                answer = _next ?? (_flight is null ? Start() : _next = StartAfterAsync(_flight));
            else if (_last is { } last && time.GetElapsedTime(_lastBegun) is var age && age < MaxAge && observer.ServerStillThere)
                answer = Renew(last, age);
            else
                answer = _next ?? _flight ?? Start();
        }
        return answer.IsCompleted ? answer : answer.WaitAsync(cancel);
    }

    /// <summary>The node was changed just now: what was seen before is no answer any more.</summary>
    internal void Forget()
    {
        lock (_gate)
        {
            _last = null;
            _validFrom = time.GetTimestamp();
            if (_flight is not null)
                _next ??= StartAfterAsync(_flight);
        }
    }

    private Task<NodeObservation> Renew(Task<NodeObservation> last, TimeSpan age)
    {
        if (age > RenewAfter && _flight is null && _next is null)
            Start();
        return last;
    }

    private Task<NodeObservation> Start()
    {
        var begun = time.GetTimestamp();
        var flight = Task.Run(() => observer.ObserveAsync(CancellationToken.None));
        _flight = flight;
        _ = flight.ContinueWith(done => Land(done, begun), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return flight;
    }

    private async Task<NodeObservation> StartAfterAsync(Task<NodeObservation> flight)
    {
        await flight.ContinueWith(static _ => { }, TaskScheduler.Default);
        Task<NodeObservation> own;
        lock (_gate)
        {
            _next = null;
            own = Start();
        }
        return await own;
    }

    /// <summary>Without questions no session of ours stays open, because it would delay an operator's smart shutdown.</summary>
    private async Task CloseWhenIdleAsync(long begun)
    {
        await Task.Delay(IdleAfter, time);
        Task closing;
        lock (_gate)
        {
            if (_lastBegun != begun || _flight is not null || _next is not null)
                return;
            closing = observer.DisconnectAsync();
        }
        await closing;
    }

    private void Land(Task<NodeObservation> flight, long begun)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_flight, flight))
                _flight = null;
            if (flight.IsCompletedSuccessfully && begun >= _validFrom)
                (_last, _lastBegun) = (flight, begun);
            else
                _last = null;
        }
        _ = CloseWhenIdleAsync(begun);
    }
}
