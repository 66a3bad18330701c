using PgHa.Agent.Leadership;

namespace PgHa.Agent.Etcd;

/// <summary>What stands in etcd, whatever was seen before; for an operator who answers for it.</summary>
/// <param name="Etcd">The id of the etcd cluster.</param>
/// <param name="Standing">What stands there; one that cannot be read is compared by its revision.</param>
/// <param name="Record">The record; null: there is none, or it cannot be read.</param>
public sealed record RecordFound(ulong Etcd, Standing Standing, PrimaryRecord? Record)
{
    internal static RecordFound Of(ulong etcd, EtcdEntry? entry) => entry is { } one && PrimaryRecord.Read(one.Value.Span) is { } record
        ? new(etcd, EtcdEntry.Standing(entry), record) : new(etcd, new(entry?.Revision ?? 0, null), null);
}

/// <summary>The part for an operator's calls.</summary>
public sealed partial class EtcdRecords
{
    /// <summary>What stands there now.</summary>
    public async Task<EtcdAnswer<RecordFound>> FindAsync(TimeSpan within, CancellationToken cancel) =>
        (await _client.ReadAsync(_key, within, cancel)).As(r => RecordFound.Of(r.Cluster, r.Of(_key)));

    /// <summary>Replaces what was found, if nothing has changed it since; whether it stands there now. One that says that it was made anew is believed from then on.</summary>
    /// <param name="found">What was found.</param>
    /// <param name="record">The new record.</param>
    /// <param name="sync">What the sync record becomes in the same moment, whatever stands there; null: it stays.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task<EtcdAnswer<bool>> ReplaceAsync(RecordFound found, PrimaryRecord record, SyncRecord? sync, TimeSpan within, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(record);
        EtcdWrite[] beside = sync is null ? [] : [new(EtcdSyncRecords.Key(_cluster), sync.Write())];
        var result = await _client.CommitAsync(new([new(_key, found.Standing)], [new(_key, record.Write()), .. beside]), within, cancel);
        return result.As(r => r.Cluster == found.Etcd && (r.Succeeded || (r.Of(_key) is { } entry && PrimaryRecord.Read(entry.Value.Span) == record)));
    }
}
