using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Cluster;

/// <summary>
/// A node of the cluster as decisions see it: the local one, another one through its agent, or a simulated one. It only looks.
/// No call throws because a node is away: that is an answer.
/// </summary>
public interface INode
{
    /// <summary>The name in the configuration.</summary>
    string Name { get; }

    /// <summary>Its WAL.</summary>
    IWalSource Wal { get; }

    /// <summary>Its replication slots.</summary>
    ISlotSource Slots { get; }

    /// <summary>What the node is now.</summary>
    /// <param name="fresh">False: an observation up to 100 ms old will do. True: one begun after this call.</param>
    /// <param name="cancel">Ends the wait.</param>
    Task<NodeObservation> ObserveAsync(bool fresh, CancellationToken cancel);

    /// <summary>The same as people look at it, with what no decision needs.</summary>
    async Task<NodeStatus> StatusAsync(CancellationToken cancel) => new() { Seen = await ObserveAsync(fresh: false, cancel) };

    /// <summary>What the next start of its server would do.</summary>
    Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel);

    /// <summary>What it says of settings that are to be changed there.</summary>
    /// <param name="settings">The changes (<see cref="SettingChange.Text"/>).</param>
    /// <param name="cancel">Ends the wait.</param>
    Task<Answer<SettingsReport>> SettingsAsync(string settings, CancellationToken cancel) =>
        Task.FromResult<Answer<SettingsReport>>(new Refusal(Code.WrongState, $"{Name} says nothing of its settings", "ask its own agent"));
}

/// <summary>The WAL of a node.</summary>
public interface IWalSource
{
    /// <summary>The node's name.</summary>
    string Name { get; }

    /// <summary>Which WAL the node holds, or why that cannot be said.</summary>
    Task<Answer<WalPosition>> PositionAsync(CancellationToken cancel);

    /// <summary>The true last record of its WAL.</summary>
    Task<Answer<LastRecord>> LastRecordAsync(CancellationToken cancel);

    /// <summary>A digest over a range of its WAL.</summary>
    Task<Answer<WalDigest>> DigestAsync(Lsn from, Lsn to, CancellationToken cancel);

    /// <summary>What its WAL holds from a position on, the record that covers it first.</summary>
    Task<Answer<WalTail>> TailAsync(Lsn at, CancellationToken cancel);

    /// <summary>Copies a range of its WAL that lies within one segment.</summary>
    Task<Answer<long>> CopyAsync(Lsn from, Lsn to, Stream destination, CancellationToken cancel);

    /// <summary>Copies one file of its pg_wal.</summary>
    Task<Answer<long>> CopyFileAsync(string name, Stream destination, CancellationToken cancel);
}

/// <summary>The replication slots of a node.</summary>
public interface ISlotSource
{
    /// <summary>The node's name.</summary>
    string Name { get; }

    /// <summary>All of its slots.</summary>
    Task<Answer<SlotsReport>> ReportAsync(CancellationToken cancel);

    /// <summary>The state file of one of its slots, as it lies on its disk.</summary>
    Task<Answer<byte[]>> FileAsync(string name, CancellationToken cancel);

    /// <summary>What decoding from a position on needs beside the slots: a copy of a slot is worth nothing without it.</summary>
    Task<Answer<DecodingFile[]>> DecodingFilesAsync(Lsn from, CancellationToken cancel);

    /// <summary>Lets the running primary write which transactions run (16 and later): a slot that is being made on a standby waits for that.</summary>
    Task<Answer<bool>> LogRunningTransactionsAsync(CancellationToken cancel);
}

/// <summary>A node as operations act on it: its lock, and the steps that its agent carries out.</summary>
public interface IActingNode
{
    /// <summary>The name in the configuration.</summary>
    string Name { get; }

    /// <summary>Carries out one step on this node as part of an operation that holds its lock.</summary>
    Task<StepResult> RunAsync(Step step, StepOrder order, CancellationToken cancel);

    /// <summary>Takes the node's operation lock if it is free.</summary>
    Task<Answer<LockAnswer>> LockAsync(OperationLock wanted, CancellationToken cancel);

    /// <summary>Asks it not to become writable for a while, because the holder of the record cannot ask etcd. What was asked for, where it is promised.</summary>
    Task<Answer<StayRequest>> PromiseAsync(StayRequest wanted, CancellationToken cancel) =>
        Task.FromResult<Answer<StayRequest>>(new Refusal(Code.WrongState, $"{Name} promises nothing to itself", "only other nodes are asked"));

    /// <summary>Gives the lock back; nothing happens if another operation holds it.</summary>
    Task UnlockAsync(string operation, CancellationToken cancel);
}

/// <summary>All nodes that operations act on, in configuration order.</summary>
/// <param name="All">The nodes.</param>
public sealed record ActingNodes(IReadOnlyList<IActingNode> All)
{
    /// <summary>The node of that name.</summary>
    public IActingNode this[string name] => All.First(n => n.Name == name);
}
