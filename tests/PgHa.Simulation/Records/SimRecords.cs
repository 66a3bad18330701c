using System.Collections.Immutable;
using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;

namespace PgHa.Simulation;

/// <summary>The keys in etcd: linearizable, with one revision for each write. What the record was stays, with all keys beside it, so that a backup of any moment can be restored.</summary>
internal sealed class SimRecords
{
    /// <summary>The cluster's name there.</summary>
    internal const string Cluster = "sim";

    private static readonly string Key = EtcdRecords.Key(Cluster);
    private static readonly ImmutableSortedDictionary<string, EtcdEntry> None = ImmutableSortedDictionary.Create<string, EtcdEntry>(StringComparer.Ordinal);
    private readonly List<(byte[]? Written, long Revision, ImmutableSortedDictionary<string, EtcdEntry> Others)> _past = [(null, 0, None)];
    private ImmutableSortedDictionary<string, EtcdEntry> _others = None; // all but the record
    private long _revision;

    public byte[]? Written { get; private set; }

    public long Revision { get; private set; }

    public RecordAnswer Read() => Written is null ? new RecordAnswer.Absent()
        : PrimaryRecord.Read(Written) is { } record ? new RecordAnswer.Stands(record, Revision) : new RecordAnswer.Unreadable("garbage");

    public RecordAnswer Swap(PrimaryRecord record, Standing before) =>
        Commit(EtcdTxn.Swap(Key, before, record.Write())) is { Succeeded: true } done ? new RecordAnswer.Swapped(done.Revision) : Read();

    /// <summary>The sync record; null: there is none.</summary>
    public SyncRecord? Sync => Of(EtcdSyncRecords.Key(Cluster)) is { } entry ? SyncRecord.Read(entry.Value.Span) : null;

    /// <summary>One key, or all that begin so.</summary>
    public EtcdRange Range(string key, bool isPrefix) => new(_revision, isPrefix ? [.. _others.Values.Where(e => e.Key.StartsWith(key, StringComparison.Ordinal))] : Of(key) is { } entry ? [entry] : []) { Cluster = Id };

    /// <summary>All of it or nothing.</summary>
    public EtcdTxnResult Commit(EtcdTxn txn)
    {
        if (!txn.Compares.All(c => Holds(c.Standing, EtcdEntry.Standing(Of(c.Key)))))
            return new(false, _revision, [.. txn.Compares.Select(c => Of(c.Key)).OfType<EtcdEntry>()]) { Cluster = Id };
        _revision++;
        foreach (var (key, value) in txn.Writes.OrderBy(w => w.Key == Key))
            if (key == Key)
            {
                (Written, Revision) = (value!.Value.ToArray(), _revision);
                _past.Add((Written, Revision, _others));
            }
            else
                _others = value is { } bytes ? _others.SetItem(key, new(key, bytes, _revision)) : _others.Remove(key);
        return new(true, _revision, []) { Cluster = Id };
    }

    /// <summary>Which cluster it is: another one after each restore.</summary>
    public ulong Id { get; private set; } = 1;

    /// <summary>Another cluster in its place, in which nothing was written yet.</summary>
    public void Empty()
    {
        Id++;
        (Written, Revision, _revision, _others) = (null, 0, 0, None);
        _past.RemoveRange(1, _past.Count - 1);
    }

    /// <summary>Somebody restores a backup; one of many steps is an empty one.</summary>
    public void Restore(int steps)
    {
        Id++;
        (Written, Revision, _others) = _past[Math.Max(0, _past.Count - 1 - steps)];
        _past.RemoveRange(Math.Max(1, _past.Count - steps), _past.Count - Math.Max(1, _past.Count - steps));
        _revision += steps; // etcd's own count may be anything after it
    }

    private static bool Holds(Standing wanted, Standing now) => wanted.Revision == now.Revision && (wanted.Text is null || wanted.Text == now.Text);

    private EtcdEntry? Of(string key) => key != Key ? _others.GetValueOrDefault(key) : Written is null ? null : new(Key, Written, Revision);
}
