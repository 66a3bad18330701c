using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Cluster;

/// <summary>Finds where the WAL of two nodes begins to differ, by halving the range whose digests do.</summary>
internal static class ForkSearch
{
    /// <summary>The first byte that differs in a range known to differ; each node reads twice the range in all.</summary>
    internal static async Task<Answer<Lsn>> FirstDifferenceAsync(INode a, INode b, Lsn from, Lsn to, CancellationToken cancel)
    {
        while (to - from > 1)
        {
            var middle = from + ((to - from) / 2);
            var digests = await Task.WhenAll(a.Wal.DigestAsync(from, middle, cancel), b.Wal.DigestAsync(from, middle, cancel));
            if (digests.FirstOrDefault(d => !d.IsOk).Refusal is { } failed)
                return failed;
            if (digests.Any(d => d.Value!.Hash is null))
                return new Refusal(Code.WalNotProven, $"the WAL from {from} to {middle} is gone meanwhile", "repeat the call");
            (from, to) = digests[0].Value!.Hash == digests[1].Value!.Hash ? (middle, to) : (from, middle);
        }
        return from;
    }
}
