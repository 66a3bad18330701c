namespace PgHa.Agent.Etcd;

/// <summary>
/// One call to several endpoints. The first one is asked; another one beside it when a third of the bound has passed without an answer, or at once
/// when one has failed. No endpoint is asked twice. The first answer counts; of answers that are there together, the better one.
/// </summary>
internal sealed class HedgedCall<TEndpoint>(EndpointOrder<TEndpoint> order, TimeProvider time)
    where TEndpoint : class
{
    /// <param name="ask">Asks one endpoint. It ends soon after its token, and says why it has no answer.</param>
    /// <param name="within">The bound of the whole call.</param>
    /// <param name="isBetter">An answer that counts more than one for which this is false.</param>
    /// <param name="hedged">A silent endpoint is not waited for. Otherwise another one is asked only when one has failed.</param>
    /// <param name="cancel">Ends the call with an exception.</param>
    internal async Task<EtcdAnswer<T>> RunAsync<T>(
        Func<TEndpoint, CancellationToken, Task<EtcdAnswer<T>>> ask, TimeSpan within, Func<T, bool> isBetter, bool hedged, CancellationToken cancel)
    {
        using var bound = new CancellationTokenSource(within, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel, bound.Token);
        var race = new Race<T>(order, isBetter, endpoint => ask(endpoint, end.Token));
        try
        {
            race.Next();
            while (race.Goes)
            {
                await WaitAsync(race, hedged ? within / 3 : Timeout.InfiniteTimeSpan, end.Token);
                cancel.ThrowIfCancellationRequested();
                race.Collect();
                if (race.Won is { } answer)
                    return answer;
                if (!end.IsCancellationRequested)
                    race.Next();
            }
            return Outage.Of(race.Outages);
        }
        finally
        {
            await end.CancelAsync(); // the losers end, too
        }
    }

    /// <summary>Until an attempt ends, or it is time for one more.</summary>
    private async Task WaitAsync<T>(Race<T> race, TimeSpan silence, CancellationToken end)
    {
        if (end.IsCancellationRequested)
        {
            await Task.WhenAny(race.Running);
            return;
        }
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(end);
        await Task.WhenAny([.. race.Running, Task.Delay(race.HasMore ? silence : Timeout.InfiniteTimeSpan, time, enough.Token)]);
        await enough.CancelAsync();
    }

    /// <summary>The attempts of one call.</summary>
    private sealed class Race<T>(EndpointOrder<TEndpoint> order, Func<T, bool> isBetter, Func<TEndpoint, Task<EtcdAnswer<T>>> ask)
    {
        private readonly Queue<TEndpoint> _left = new(order.Current);
        private readonly Dictionary<Task<EtcdAnswer<T>>, TEndpoint> _running = [];

        internal IEnumerable<Task<EtcdAnswer<T>>> Running => _running.Keys;

        internal bool Goes => _running.Count > 0;

        internal bool HasMore => _left.Count > 0;

        internal EtcdAnswer<T>? Won { get; private set; }

        internal List<Outage> Outages { get; } = [];

        internal void Next()
        {
            if (_left.TryDequeue(out var endpoint))
                _running.Add(ask(endpoint), endpoint);
        }

        /// <summary>Looks at the attempts that have ended.</summary>
        internal void Collect()
        {
            var answers = new List<(T Value, TEndpoint By)>();
            foreach (var (attempt, endpoint) in _running.Where(r => r.Key.IsCompleted).ToArray())
            {
                _running.Remove(attempt);
                if (attempt.GetAwaiter().GetResult() is { IsOk: true } answer)
                    answers.Add((answer.Value, endpoint));
                else
                    Note(endpoint, attempt.Result.Outage!);
            }
            if (answers.Count > 0)
                Win(answers.Find(a => isBetter(a.Value)) is { By: not null } better ? better : answers[0]);
        }

        private void Note(TEndpoint endpoint, Outage outage)
        {
            order.Failed(endpoint);
            Outages.Add(outage);
        }

        private void Win((T Value, TEndpoint By) answer)
        {
            Won = answer.Value;
            foreach (var slow in _running.Values)
                order.Failed(slow);
            order.Worked(answer.By);
        }
    }
}
