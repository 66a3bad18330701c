namespace PgHa.Agent.Etcd;

/// <summary>What a watch saw.</summary>
public abstract record EtcdEvent
{
    private EtcdEvent() { }

    /// <summary>A key was written.</summary>
    /// <param name="Entry">The key with its new value.</param>
    public sealed record Put(EtcdEntry Entry) : EtcdEvent;

    /// <summary>A key was removed.</summary>
    /// <param name="Key">The key.</param>
    /// <param name="Revision">The revision that removed it.</param>
    public sealed record Deleted(string Key, long Revision) : EtcdEvent;

    /// <summary>The watch has lost its member and goes on with another one. Nothing was missed: what happened meanwhile follows.</summary>
    /// <param name="Why">What happened.</param>
    public sealed record Broken(Outage Why) : EtcdEvent;

    /// <summary>The last event: what happened up to this revision is compacted and cannot be told any more. The keys have to be read again.</summary>
    /// <param name="Revision">The oldest revision that etcd still knows.</param>
    public sealed record Compacted(long Revision) : EtcdEvent;

    /// <summary>The revision that it tells of; 0: none.</summary>
    internal long At => this switch
    {
        Put put => put.Entry.Revision,
        Deleted deleted => deleted.Revision,
        _ => 0,
    };
}
