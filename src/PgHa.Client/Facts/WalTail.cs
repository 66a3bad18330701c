using PgHa.Formats;

namespace PgHa.Client.Facts;

/// <summary>What a node's WAL holds from a position on: the record there, and what would be lost with all that follows.</summary>
public sealed record WalTail
{
    /// <summary>Start of the record that covers the position; the end of the WAL where none does.</summary>
    public required Lsn From { get; init; }

    /// <summary>End of the node's WAL.</summary>
    public required Lsn End { get; init; }

    /// <summary>How many transactions are committed in between, those prepared before included.</summary>
    public required long Commits { get; init; }

    /// <summary>The record that covers the position; null if the WAL ends before.</summary>
    public WalRecordFacts? First { get; init; }

    /// <summary>Bytes of WAL in between.</summary>
    public ulong Bytes => End - From;

    /// <inheritdoc />
    public override string ToString() => First is null
        ? $"nothing from {From} on"
        : $"{First} and, to {End}, {Bytes} bytes with {Commits} commits";
}
