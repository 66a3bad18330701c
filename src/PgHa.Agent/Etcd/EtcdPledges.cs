using PgHa.Agent.Leadership;

namespace PgHa.Agent.Etcd;

/// <summary>The voters' pledges in etcd, under <c>/pgha/CLUSTER/pledge/NODE</c>.</summary>
/// <param name="client">The client, which is not disposed of.</param>
/// <param name="cluster">The cluster's name.</param>
/// <param name="within">The bound of each question.</param>
public sealed class EtcdPledges(IEtcdKeys client, string cluster, TimeSpan within)
{
    private const int Most = 1000, Attempts = 4;

    internal static string Key(string cluster, string node) => $"/pgha/{cluster}/pledge/{node}";

    /// <summary>All that can be understood; one that cannot be is no pledge.</summary>
    public async Task<EtcdAnswer<IReadOnlyList<PledgeSeen>>> ReadAsync(CancellationToken cancel)
    {
        var range = await client.ReadPrefixAsync(Key(cluster, ""), Most, within, cancel);
        return range.As<IReadOnlyList<PledgeSeen>>(r =>
            [.. r.Entries.Select(e => Pledge.Read(e.Value.Span) is { } pledge && e.Key == Key(cluster, pledge.Node) ? new PledgeSeen(pledge, e.Revision) : null).OfType<PledgeSeen>()]);
    }

    /// <summary>Writes it while the record of the primary still stands as it was seen; whether it stands. An outage: it may stand, or may yet come to stand.</summary>
    public async Task<EtcdAnswer<bool>> WriteAsync(Pledge pledge, Standing primary, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pledge);
        var key = Key(cluster, pledge.Node);
        var before = await client.ReadAsync(key, within, cancel);
        if (!before.IsOk)
            return false; // nothing was sent
        var txn = new EtcdTxn([new(key, EtcdEntry.Standing(before.Value.Of(key))), new(EtcdRecords.Key(cluster), primary)], [new(key, pledge.Write())]);
        var written = await client.CommitAsync(txn, within, cancel);
        return written.As(r => r.Succeeded || (r.Of(key) is { } entry && Pledge.Read(entry.Value.Span) == pledge));
    }

    /// <summary>
    /// Takes the pledge of a node back; whether etcd has acknowledged that. It is written over and not removed, also where nothing stands there: a write of the pledge that is still on its way
    /// compares with a revision that is gone then.
    /// </summary>
    public async Task<bool> WithdrawAsync(string node, long epoch, CancellationToken cancel)
    {
        var key = Key(cluster, node);
        var withdrawn = new Pledge { Node = node, Epoch = epoch, Timeline = 1, End = 0, Withdrawn = true };
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var before = await client.ReadAsync(key, within, cancel);
            if (!before.IsOk)
                return false;
            var done = await client.CommitAsync(EtcdTxn.Swap(key, EtcdEntry.Standing(before.Value.Of(key)), withdrawn.Write()), within, cancel);
            if (!done.IsOk)
                return false;
            if (done.Value.Succeeded)
                return true;
        }
        return false;
    }
}
