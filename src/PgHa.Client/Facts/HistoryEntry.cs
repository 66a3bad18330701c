namespace PgHa.Client.Facts;

/// <summary>Why the record changed hands, as it was written by the node that took it.</summary>
public sealed record HistoryEntry
{
    /// <summary>The epoch that began.</summary>
    public required long Epoch { get; init; }

    /// <summary>The node that held the record before; null: it is the first one.</summary>
    public string? From { get; init; }

    /// <summary>The node that took it.</summary>
    public required string To { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Cause { get; init; }

    /// <summary>What decided.</summary>
    public IReadOnlyList<string> Facts { get => field ?? []; init; }

    /// <summary>When, by the node's wall clock; for people only.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long it took from the decision until the node accepted writes, in seconds; null: it is not known.</summary>
    public double? Took { get; init; }

    /// <summary>The timeline on which it serves.</summary>
    public uint? Timeline { get; init; }

    /// <summary>Where its WAL ended then.</summary>
    public string? Lsn { get; init; }
}
