using System.Text.Json.Serialization;
using PgHa.Formats;

namespace PgHa.Client.Facts;

/// <summary>What a running server says of itself over its local socket.</summary>
public sealed record SqlFacts
{
    /// <summary><c>pg_is_in_recovery()</c>.</summary>
    public required bool InRecovery { get; init; }

    /// <summary>The timeline being written, or received; null while a standby does not stream.</summary>
    public TimelineId? Timeline { get; init; }

    /// <summary>End of the WAL flushed by a primary; null in recovery.</summary>
    public Lsn? Flush { get; init; }

    /// <summary>End of the WAL a standby has received and flushed since it started; null until it streams.</summary>
    public Lsn? Receive { get; init; }

    /// <summary>End of the WAL replayed; null on a primary that never recovered.</summary>
    public Lsn? Replay { get; init; }

    /// <summary>Whether the WAL receiver streams.</summary>
    public bool Streaming { get; init; }

    /// <summary>
    /// A WAL receiver begins at the start of a segment, on a new timeline into a file of its own: until it has come to where replay is, the
    /// newest file does not hold what the older one does.
    /// </summary>
    [JsonIgnore]
    public bool FetchesAgain => Streaming && Receive < Replay;

    /// <summary>The host the WAL receiver is connected to, as <c>primary_conninfo</c> names it.</summary>
    public string? UpstreamHost { get; init; }

    /// <summary>The port the WAL receiver is connected to.</summary>
    public int? UpstreamPort { get; init; }

    /// <summary>The slot there that the WAL receiver streams with; null if there is none.</summary>
    public string? UpstreamSlot { get; init; }

    /// <summary>
    /// The process of a WAL receiver that waits for its primary's answer, to a connection or a command, and so does not stream; null if there is none.
    /// </summary>
    public int? UnansweredReceiver { get; init; }

    /// <summary>Physical standbys attached that report a replay position (no base backups, no pg_receivewal, no logical consumers).</summary>
    public int AttachedStandbys { get; init; }

    /// <summary>What those standbys call themselves (<c>application_name</c>); a standby of the agents has its node's name.</summary>
    public IReadOnlyList<string> StandbyNames { get => field ?? []; init; }

    /// <summary>The physical slots kept here for the other nodes.</summary>
    public IReadOnlyList<PhysicalSlotFacts> Slots { get => field ?? []; init; }

    /// <summary>The other physical slots, but for temporary ones; null if its agent does not say.</summary>
    public IReadOnlyList<PhysicalSlotFacts>? OtherSlots { get; init; }

    /// <summary><c>max_slot_wal_keep_size</c>, PostgreSQL's own bound of what slots hold back; -1 is none.</summary>
    public string? MaxSlotWalKeepSize { get; init; }

    /// <summary><c>synchronous_standby_names</c>.</summary>
    public string? SynchronousStandbyNames { get; init; }

    /// <summary>
    /// The name under which it announces itself to a primary as it is: application_name of <c>primary_conninfo</c>, else
    /// <c>cluster_name</c>, else walreceiver; null if its agent does not say.
    /// </summary>
    public string? AnnouncedName { get; init; }

    /// <summary><c>synchronized_standby_slots</c> (17 and later): physical slots that consumers of failover slots may not get ahead of; null before.</summary>
    public string? SynchronizedStandbySlots { get; init; }

    /// <summary>What would hold a promotion back; null on a primary.</summary>
    public ReplayFacts? Held { get; init; }

    /// <summary>The position this server certainly holds: flushed on a primary, the later of received and replayed on a standby.</summary>
    public Lsn Position => Flush ?? Lsn.Max(Receive ?? Lsn.Zero, Replay ?? Lsn.Zero);
}
