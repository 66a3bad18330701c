using PgHa.Agent.Leadership;

namespace PgHa.Simulation;

/// <summary>The key in etcd: linearizable, with one revision for each write. What it did stays, so that a backup of any moment can be restored.</summary>
internal sealed class SimRecords
{
    private readonly List<(byte[]? Written, long Revision)> _past = [(null, 0)];
    private long _revision;

    public byte[]? Written { get; private set; }

    public long Revision { get; private set; }

    public RecordAnswer Read() => Written is null ? new RecordAnswer.Absent()
        : PrimaryRecord.Read(Written) is { } record ? new RecordAnswer.Stands(record, Revision) : new RecordAnswer.Unreadable("garbage");

    public RecordAnswer Swap(PrimaryRecord record, long revision)
    {
        if (revision != Revision)
            return Read();
        (Written, Revision) = (record.Write(), ++_revision);
        _past.Add((Written, Revision));
        return new RecordAnswer.Swapped(Revision);
    }

    /// <summary>Which cluster it is: another one after each restore.</summary>
    public ulong Id { get; private set; } = 1;

    /// <summary>Another cluster in its place, in which nothing was written yet.</summary>
    public void Empty()
    {
        Id++;
        (Written, Revision, _revision) = (null, 0, 0);
        _past.RemoveRange(1, _past.Count - 1);
    }

    /// <summary>Somebody restores a backup; one of many steps is an empty one.</summary>
    public void Restore(int steps)
    {
        Id++;
        (Written, Revision) = _past[Math.Max(0, _past.Count - 1 - steps)];
        _past.RemoveRange(Math.Max(1, _past.Count - steps), _past.Count - Math.Max(1, _past.Count - steps));
        _revision += steps; // etcd's own count may be anything after it
    }
}
