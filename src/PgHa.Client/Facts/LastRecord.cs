using PgHa.Formats;

namespace PgHa.Client.Facts;

/// <summary>Where a node's WAL stands: its last checkpoint and its true last record.</summary>
public sealed record LastRecord
{
    /// <summary>Start of the last checkpoint record, from the control file.</summary>
    public required Lsn CheckPoint { get; init; }

    /// <summary>Where replay from that checkpoint begins.</summary>
    public required Lsn Redo { get; init; }

    /// <summary>The timeline the WAL ends on.</summary>
    public required TimelineId Timeline { get; init; }

    /// <summary>Start of the last complete record.</summary>
    public required Lsn Start { get; init; }

    /// <summary>Where the next record begins.</summary>
    public required Lsn End { get; init; }

    /// <summary>The segment file that holds the start of the last record.</summary>
    public required string WalFile { get; init; }

    /// <summary>On a primary: end of the WAL flushed.</summary>
    public Lsn? Flush { get; init; }

    /// <summary>On a standby: end of the WAL received and flushed.</summary>
    public Lsn? Receive { get; init; }

    /// <summary>On a standby: end of the WAL replayed.</summary>
    public Lsn? Replay { get; init; }
}
