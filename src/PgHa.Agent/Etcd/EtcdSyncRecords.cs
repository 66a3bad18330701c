using System.Text;
using PgHa.Agent.Leadership;

namespace PgHa.Agent.Etcd;

/// <summary>What stands in etcd about synchronous replication.</summary>
/// <param name="Record">The record; null: nothing stands there.</param>
/// <param name="Standing">What a swap replaces.</param>
public sealed record SyncStands(SyncRecord? Record, Standing Standing)
{
    /// <summary>Its revision; 0: nothing stands there.</summary>
    public long Revision => Standing.Revision;
}

/// <summary>The sync record in etcd, under <c>/pgha/CLUSTER/sync</c>.</summary>
/// <param name="client">The client, which is not disposed of.</param>
/// <param name="cluster">The cluster's name.</param>
/// <param name="within">The bound of each question.</param>
public sealed class EtcdSyncRecords(IEtcdKeys client, string cluster, TimeSpan within)
{
    private readonly string _key = Key(cluster);

    internal static string Key(string cluster) => $"/pgha/{cluster}/sync";

    /// <summary>Reads it, linearizably. What is not understood is an outage: nothing may be concluded from it.</summary>
    public async Task<EtcdAnswer<SyncStands>> ReadAsync(CancellationToken cancel)
    {
        var range = await client.ReadAsync(_key, within, cancel);
        return range.IsOk ? Stands(range.Value.Of(_key)) : range.Outage;
    }

    /// <summary>Puts <paramref name="record"/> where <paramref name="before"/> still stands; what stands there now.</summary>
    public async Task<EtcdAnswer<SyncStands>> SwapAsync(SyncRecord record, SyncStands before, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(before);
        var written = record.Write();
        var result = await client.CommitAsync(EtcdTxn.Swap(_key, before.Standing, written), within, cancel);
        return !result.IsOk ? result.Outage : result.Value.Succeeded ? new SyncStands(record, new(result.Value.Revision, Encoding.UTF8.GetString(written))) : Stands(result.Value.Of(_key));
    }

    private EtcdAnswer<SyncStands> Stands(EtcdEntry? entry) => entry is null ? new SyncStands(null, default)
        : SyncRecord.Read(entry.Value.Span) is { } record ? new SyncStands(record, EtcdEntry.Standing(entry))
        : new Outage($"{_key} holds no sync record ({entry.Value.Length} bytes)", $"was it written by hand? remove it: etcdctl del {_key}");
}
