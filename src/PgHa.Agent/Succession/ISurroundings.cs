using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>What a node asks beside the other agents when it decides about the record: its machine and etcd, and simulated ones.</summary>
internal interface ISurroundings
{
    /// <summary>The highest epoch that this node has seen; 0: it never saw a record.</summary>
    long Epoch { get; }

    /// <summary>The highest timeline that this node has seen reserved; 0: none.</summary>
    uint Timeline { get; }

    /// <summary>The record that this node saw last had been ended for manual mode.</summary>
    bool IsManual { get; }

    /// <summary>How far the last holder of the record had flushed; null: not known. It is kept for a later run of the agent.</summary>
    AcknowledgedWal? Acknowledged { get; set; }

    /// <summary>What runs here is a server in single-user mode.</summary>
    bool SingleUser { get; }

    /// <summary>The server was stopped through pgha, and none was seen since.</summary>
    bool StoppedOnPurpose { get; }

    /// <summary>Where automatic failover is paused; null: etcd does not say.</summary>
    Task<Pauses?> PausesAsync(CancellationToken cancel);

    /// <summary>Where every acknowledged write is, as it stands in etcd.</summary>
    Task<EtcdAnswer<SyncStands>> SyncAsync(CancellationToken cancel);

    /// <summary>The epoch that this node has pledged, or is about to; null: none.</summary>
    long? Pledged { get; }

    /// <summary>Why it does not pledge now; null: it may.</summary>
    string? NoPledge { get; }

    /// <summary>The voters' pledges, as they stand in etcd.</summary>
    Task<EtcdAnswer<IReadOnlyList<PledgeSeen>>> PledgesAsync(CancellationToken cancel);

    /// <summary>Pledges; null, or why it does not stand.</summary>
    Task<string?> PledgeAsync(PledgeOrder order, CancellationToken cancel);

    /// <summary>What shows of the server of a node whose agent does not answer.</summary>
    Task<ServerSign> AskServerAsync(string node, CancellationToken cancel);

    /// <summary>Writes down why the record changed hands; whether it stands there now.</summary>
    Task<bool> WriteAsync(HistoryEntry entry, CancellationToken cancel);
}
