using PgHa.Formats;
using PgHa.Formats.Control;

namespace PgHa.Client.Facts;

/// <summary>
/// Which WAL a node holds: on a stopped node or a standby without a source proven by following the unbroken chain of records from
/// its checkpoint, on a running one taken from SQL.
/// </summary>
public sealed record WalPosition
{
    /// <summary>The node this is about.</summary>
    public required string Node { get; init; }

    /// <summary>Which cluster the WAL belongs to.</summary>
    public required string SystemIdentifier { get; init; }

    /// <summary>The timeline the WAL ends on.</summary>
    public required TimelineId Timeline { get; init; }

    /// <summary>End of the last record held (start of the next one).</summary>
    public required Lsn End { get; init; }

    /// <summary>Start of the last record, where the chain of records was followed; null on a running node, whose server only tells the end.</summary>
    public Lsn? LastRecord { get; init; }

    /// <summary>From where on the WAL is held without a gap up to <see cref="End"/>.</summary>
    public required Lsn Oldest { get; init; }

    /// <summary>
    /// What is held before <see cref="Oldest"/>, the newest range first. Between two ranges there is a hole: PostgreSQL removes a
    /// segment one checkpoint earlier than the .partial file of an older timeline (fact 45).
    /// </summary>
    public IReadOnlyList<WalRange> Older { get => field ?? []; init; }

    /// <summary>The WAL that is held without a gap right before a position; null if the byte before it is missing.</summary>
    public WalRange? HeldBefore(Lsn position) =>
        Older.Prepend(new(Oldest, End)).Where(r => r.From < position && position <= r.To).Select(r => r with { To = position }).FirstOrDefault();

    /// <summary>What a WAL sender here could not serve from <see cref="Oldest"/> on, because it asks for a file that is not here under that name (fact 46).</summary>
    public IReadOnlyList<StreamGap> Unserved { get => field ?? []; init; }

    /// <summary>The timelines the WAL went through, oldest first, the current one last.</summary>
    public required IReadOnlyList<TimelineSpan> Lineage { get; init; }

    /// <summary>On a node whose WAL is read from its files: a restore_command is set for its server.</summary>
    public bool Restores { get; init; }

    /// <summary>Bytes in a WAL segment.</summary>
    public required uint SegmentSize { get; init; }

    /// <summary>
    /// On a stopped node: the end of its last checkpoint record. A server stopped as a primary starts there and overwrites
    /// whatever follows; one stopped in recovery replays it (facts 1 and 2).
    /// </summary>
    public Lsn? CheckpointEnd { get; init; }

    /// <summary>What the control file says of the stopped server; null while it runs.</summary>
    public DbState? StoppedAs { get; init; }

    /// <summary>
    /// On a stopped node: the timeline its control file knows, on which a server started as a primary goes on; null while it runs.
    /// </summary>
    public TimelineId? StartsOn { get; init; }

    /// <summary>
    /// Names the server run that this WAL is of: another one as soon as a server was started on the directory since. Null if that is
    /// not known. Within one run, WAL below the end is never rewritten.
    /// </summary>
    public string? Run { get; init; }

    /// <summary>Whether it can be a position at all: a segment size of PostgreSQL, and a lineage that ends with the timeline.</summary>
    public bool MakesSense => SegmentSize is >= 1 << 20 and <= 1 << 30 && System.Numerics.BitOperations.IsPow2(SegmentSize)
        && Lineage is [.., { End: null } last] && last.Timeline == Timeline && Lineage.All(span => span is not null);

    /// <summary>Why the chain of records ended where it did; for people.</summary>
    public string EndedBy { get => field ?? ""; init; }

    /// <summary>
    /// WAL the server would overwrite or leave unread instead of replaying it if it were started as a primary now.
    /// </summary>
    public bool HoldsWalItWouldNotReplay => (StoppedAs == DbState.ShutDown && CheckpointEnd < End) || (StartsOn is { } own && own != Timeline);
}
