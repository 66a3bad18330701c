using PgHa.Agent.Leadership;

namespace PgHa.Agent.Etcd;

/// <summary>The record in etcd, under <c>/pgha/CLUSTER/primary</c>. Each answer is weighed with what was seen before it was asked for.</summary>
public sealed partial class EtcdRecords : IRecordStore
{
    private readonly IEtcdKeys _client;
    private readonly IRecordMemoryDisk _file;
    private readonly string _cluster, _key;
    private readonly Lock _gate = new();
    private RecordMemory _memory;

    /// <summary>The record of one cluster.</summary>
    /// <param name="client">The client, which is not disposed of.</param>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="file">What was seen before.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not understood.</exception>
    public EtcdRecords(IEtcdKeys client, string cluster, IRecordMemoryDisk file)
    {
        ArgumentNullException.ThrowIfNull(file);
        (_client, _cluster, _key, _file, _memory) = (client, cluster, Key(cluster), file, file.Read());
    }

    internal static string Key(string cluster) => $"/pgha/{cluster}/primary";

    /// <inheritdoc />
    public async Task<RecordAnswer> ReadAsync(TimeSpan within, CancellationToken cancel)
    {
        var known = Known;
        var range = await _client.ReadAsync(_key, within, cancel);
        return range.IsOk ? Weigh(known, Read(range.Value.Of(_key)), range.Value.Cluster) : new RecordAnswer.Outage(range.Outage.Reason);
    }

    /// <inheritdoc />
    public async Task<RecordAnswer> SwapAsync(PrimaryRecord record, Standing before, TimeSpan within, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(record);
        return await CommitAsync(EtcdTxn.Swap(_key, before, record.Write()), record, within, cancel);
    }

    /// <inheritdoc />
    public Task<RecordAnswer> RevokeAsync(PrimaryRecord record, Standing before, Revocation revocation, TimeSpan within, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(revocation);
        var sync = EtcdSyncRecords.Key(_cluster);
        EtcdCompare[] beside = [new(sync, revocation.SyncRevision), .. revocation.Pledges.Select(p => new EtcdCompare(EtcdPledges.Key(_cluster, p.Pledge.Node), p.Revision))]; // the record tells which etcd it is
        return CommitAsync(new([new(_key, before), .. beside], [new(_key, record.Write()), new(sync, revocation.After.Write())]), record, within, cancel);
    }

    private async Task<RecordAnswer> CommitAsync(EtcdTxn txn, PrimaryRecord record, TimeSpan within, CancellationToken cancel)
    {
        var known = Known;
        var result = await _client.CommitAsync(txn, within, cancel);
        return !result.IsOk ? new RecordAnswer.Outage(result.Outage.Reason)
            : Weigh(known, result.Value.Succeeded ? new RecordAnswer.Swapped(result.Value.Revision) : Read(result.Value.Of(_key)), result.Value.Cluster, record);
    }

    /// <summary>The highest epoch that this node has seen; 0: it never saw a record.</summary>
    public long Epoch => Known.Epoch;

    /// <summary>The highest timeline that this node has seen reserved.</summary>
    public uint Timeline => Known.Timeline;

    /// <summary>The record that this node saw last had been ended for manual mode.</summary>
    public bool IsManual => Known.Manual;

    private RecordMemory Known
    {
        get
        {
            lock (_gate)
                return _memory;
        }
    }

    private static RecordAnswer Read(EtcdEntry? entry) => entry is null ? new RecordAnswer.Absent()
        : PrimaryRecord.Read(entry.Value.Span) is { } record ? new RecordAnswer.Stands(record, entry.Revision) { Text = entry.Text }
        : new RecordAnswer.Unreadable($"{entry.Key} holds no record ({entry.Value.Length} bytes)");

    /// <summary>A new epoch, a timeline that was reserved, or an etcd that is seen for the first time, is on the disk before the answer is believed.</summary>
    private RecordAnswer Weigh(RecordMemory known, RecordAnswer answer, ulong etcd, PrimaryRecord? written = null)
    {
        answer = known.Weigh(answer, etcd);
        lock (_gate)
        {
            var next = _memory.After(answer is RecordAnswer.Swapped swapped ? new RecordAnswer.Stands(written!, swapped.Revision) : answer, etcd);
            try
            {
                if ((next.Epoch, next.Etcd, next.Timeline, next.Manual) != (_memory.Epoch, _memory.Etcd, _memory.Timeline, _memory.Manual))
                    _file.Write(next);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new RecordAnswer.Outage($"what was seen of the record cannot be kept: {e.Message}");
            }
            _memory = next;
            return answer;
        }
    }
}
