namespace PgHa.Client.Facts;

/// <summary>What an operator's call does to the record in etcd, or would do.</summary>
public sealed record RecordChange
{
    /// <summary>It was done; false: it was only asked what would be.</summary>
    public required bool Done { get; init; }

    /// <summary>What is done, and what follows, in sentences.</summary>
    public required IReadOnlyList<string> What { get; init; }

    /// <summary>The epoch of the new record.</summary>
    public required long Epoch { get; init; }

    /// <summary>The highest timeline that it reserves.</summary>
    public required uint Timeline { get; init; }

    /// <summary>The nodes that the operator answers for.</summary>
    public IReadOnlyList<string> AnsweredFor { get => field ?? []; init; }
}
