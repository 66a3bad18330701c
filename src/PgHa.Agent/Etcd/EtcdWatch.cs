using System.Runtime.CompilerServices;

namespace PgHa.Agent.Etcd;

/// <summary>A watch that outlives its member: a stream at one endpoint after the other, each from where the last one ended.</summary>
internal sealed class EtcdWatch(EndpointOrder<EtcdEndpoint> order, EtcdTerm term, TimeProvider time, string prefix, TimeSpan silence)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    internal async IAsyncEnumerable<EtcdEvent> EventsAsync(long from, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var failures = 0; ;)
        {
            var endpoint = order.Current[0];
            await using var stream = new WatchStream(endpoint, term, time, silence);
            var step = await stream.OpenAsync(prefix, from, cancel);
            while (step.IsOk)
            {
                failures = 0;
                foreach (var seen in step.Value)
                    yield return seen;
                if (step.Value is [.., EtcdEvent.Compacted])
                    yield break;
                from = step.Value is [.., { At: var last }] ? last + 1 : from;
                step = await stream.NextAsync(cancel);
            }
            order.Failed(endpoint);
            yield return new EtcdEvent.Broken(step.Outage);
            if (++failures >= order.Current.Count) // all of them have failed, one after the other
                await Task.Delay(silence < LongestPause ? silence : LongestPause, time, cancel);
        }
    }
}
