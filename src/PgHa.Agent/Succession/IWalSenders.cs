using PgHa.Agent.Leadership;

namespace PgHa.Agent.Succession;

/// <summary>What the primary shows of its synchronous replication, by a new connection.</summary>
/// <param name="InForce">The setting.</param>
/// <param name="Senders">The WAL senders.</param>
/// <param name="Streaming">The nodes that stream, each with what it has flushed.</param>
/// <param name="Flushed">The end of the primary's own flushed WAL.</param>
internal sealed record SyncLook(SyncSet InForce, IReadOnlyList<SyncSender> Senders, IReadOnlyDictionary<string, ulong> Streaming, ulong Flushed);

/// <summary>The WAL senders of the local server: the real ones, and simulated ones.</summary>
internal interface IWalSenders
{
    /// <summary>A look; null: the server does not run as primary.</summary>
    Task<SyncLook?> LookAsync(CancellationToken cancel);

    /// <summary>Writes a WAL record, flushes it, and says where it ends.</summary>
    Task<ulong> MarkAsync(CancellationToken cancel);

    /// <summary>Ends the WAL senders that have not reported a flush behind the marker: their standbys connect again, if they live, and are new then.</summary>
    Task<string> EndLateAsync(ulong marker, CancellationToken cancel);
}
