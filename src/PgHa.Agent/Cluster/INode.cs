using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Cluster;

/// <summary>
/// A node of the cluster as plans see it: the local one (hands on the instance), a remote one (its agent), or a simulated one.
/// No call throws for a node that is merely away: that is an answer.
/// </summary>
public interface INode
{
    /// <summary>The name in the configuration.</summary>
    string Name { get; }

    /// <summary>What the node is now.</summary>
    /// <param name="fresh">False: an observation up to 100 ms old will do. True: one begun after this call.</param>
    /// <param name="cancel">Ends the wait.</param>
    Task<NodeObservation> ObserveAsync(bool fresh, CancellationToken cancel);

    /// <summary>Which WAL the node holds, or why that cannot be said.</summary>
    Task<Answer<WalPosition>> WalPositionAsync(CancellationToken cancel);

    /// <summary>The true last record of its WAL.</summary>
    Task<Answer<LastRecord>> LastRecordAsync(CancellationToken cancel);

    /// <summary>A digest over a range of its WAL.</summary>
    Task<Answer<WalDigest>> WalDigestAsync(Lsn from, Lsn to, CancellationToken cancel);

    /// <summary>What its WAL holds from a position on, the record that covers it first.</summary>
    Task<Answer<WalTail>> WalTailAsync(Lsn at, CancellationToken cancel);

    /// <summary>Copies a range of its WAL that lies within one segment.</summary>
    Task<Answer<long>> CopyWalAsync(Lsn from, Lsn to, Stream destination, CancellationToken cancel);

    /// <summary>Copies one file of its pg_wal.</summary>
    Task<Answer<long>> CopyWalFileAsync(string name, Stream destination, CancellationToken cancel);

    /// <summary>Its replication slots.</summary>
    Task<Answer<SlotsReport>> SlotsAsync(CancellationToken cancel);

    /// <summary>What the next start of its server would do.</summary>
    Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel);

    /// <summary>The state file of one of its slots, as it lies on its disk.</summary>
    Task<Answer<byte[]>> SlotFileAsync(string name, CancellationToken cancel);

    /// <summary>What decoding from a position on needs beside the slots: a copy of a slot is worth nothing without it.</summary>
    Task<Answer<DecodingFile[]>> DecodingFilesAsync(Lsn from, CancellationToken cancel);

    /// <summary>Lets the running primary write which transactions run (16 and later): a slot that is being made on a standby waits for that.</summary>
    Task<Answer<bool>> LogRunningTransactionsAsync(CancellationToken cancel);

    /// <summary>Carries out one step on this node as part of an operation that holds its lock.</summary>
    Task<StepResult> RunAsync(Step step, string operation, CancellationToken cancel);

    /// <summary>Takes the node's operation lock if it is free.</summary>
    Task<Answer<LockAnswer>> LockAsync(OperationLock wanted, CancellationToken cancel);

    /// <summary>Gives the lock back; nothing happens if another operation holds it.</summary>
    Task UnlockAsync(string operation, CancellationToken cancel);
}

/// <summary>A value, or why there is none.</summary>
public readonly record struct Answer<T>(T? Value, Refusal? Refusal)
{
    /// <summary>The value is there.</summary>
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Value))]
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(false, nameof(Refusal))]
    public bool IsOk => Refusal is null;

    /// <summary>An answer that holds a value.</summary>
    public static implicit operator Answer<T>(T value) => new(value, null);

    /// <summary>An answer that says why there is none.</summary>
    public static implicit operator Answer<T>(Refusal refusal) => new(default, refusal);
}
