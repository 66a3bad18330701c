using PgHa.Agent.Leadership;

namespace PgHa.Agent.Etcd;

/// <summary>What stands in etcd about synchronous replication.</summary>
/// <param name="Record">The record; null: nothing stands there.</param>
/// <param name="Revision">Its revision; 0: nothing stands there.</param>
public sealed record SyncStands(SyncRecord? Record, long Revision);

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

    /// <summary>Puts <paramref name="record"/> where the revision is still <paramref name="revision"/>; what stands there now.</summary>
    public async Task<EtcdAnswer<SyncStands>> SwapAsync(SyncRecord record, long revision, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(record);
        var result = await client.CommitAsync(EtcdTxn.Swap(_key, revision, record.Write()), within, cancel);
        return !result.IsOk ? result.Outage : result.Value.Succeeded ? new SyncStands(record, result.Value.Revision) : Stands(result.Value.Of(_key));
    }

    private EtcdAnswer<SyncStands> Stands(EtcdEntry? entry) => entry is null ? new SyncStands(null, 0)
        : SyncRecord.Read(entry.Value.Span) is { } record ? new SyncStands(record, entry.Revision)
        : new Outage($"{_key} holds no sync record ({entry.Value.Length} bytes)", $"was it written by hand? remove it: etcdctl del {_key}");
}
