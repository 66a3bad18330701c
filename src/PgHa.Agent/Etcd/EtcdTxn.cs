using PgHa.Agent.Leadership;

namespace PgHa.Agent.Etcd;

/// <summary>A key must not have been written since; it is compared before anything of a transaction is done.</summary>
/// <param name="Key">The key.</param>
/// <param name="Standing">What must still stand there.</param>
public sealed record EtcdCompare(string Key, Standing Standing)
{
    /// <summary>By the revision alone: only beside a key whose text is compared.</summary>
    public EtcdCompare(string key, long revision)
        : this(key, new Standing(revision, null))
    {
    }
}

/// <summary>A write of a transaction.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">What it holds then; null: it is removed.</param>
public sealed record EtcdWrite(string Key, ReadOnlyMemory<byte>? Value);

/// <summary>All of it or nothing, in one revision: the writes, if every comparison holds.</summary>
/// <param name="Compares">What must hold.</param>
/// <param name="Writes">What is done then.</param>
public sealed record EtcdTxn(IReadOnlyList<EtcdCompare> Compares, IReadOnlyList<EtcdWrite> Writes)
{
    /// <summary>Writes one key if what was seen still stands there.</summary>
    public static EtcdTxn Swap(string key, Standing before, ReadOnlyMemory<byte> value) => new([new(key, before)], [new(key, value)]);
}

/// <summary>
/// What became of a transaction. A call sends it to a second member where the first one is silent, so a comparison may have failed by the transaction's own
/// first copy: whether that is so, only the values in <paramref name="Found"/> can tell.
/// </summary>
/// <param name="Succeeded">It was done. Otherwise a comparison failed, and nothing was done by this copy of it.</param>
/// <param name="Revision">The revision that it made; of a failed one that at which the comparison failed.</param>
/// <param name="Found">Where it failed: what stands in the compared keys. A key that is missing there does not exist.</param>
public sealed record EtcdTxnResult(bool Succeeded, long Revision, IReadOnlyList<EtcdEntry> Found)
{
    /// <summary>Which etcd said so: one that was restored from a backup, or made anew, has another id.</summary>
    public ulong Cluster { get; init; }

    /// <summary>What stands in one of the compared keys where a comparison failed; null: nothing.</summary>
    public EtcdEntry? Of(string key) => Found.FirstOrDefault(e => e.Key == key);
}
