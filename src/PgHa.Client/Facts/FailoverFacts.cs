namespace PgHa.Client.Facts;

/// <summary>What an agent in automatic mode says of its node beside what is seen of the server.</summary>
public sealed record FailoverFacts
{
    /// <summary>The highest epoch of the record that it has seen; 0: it never saw one.</summary>
    public required long Epoch { get; init; }

    /// <summary>The highest timeline that it has seen reserved; 0: none.</summary>
    public uint Timeline { get; init; }

    /// <summary>The highest timeline that anybody may have made, as the record says that it holds; 0: it does not hold it.</summary>
    public uint Made { get; init; }

    /// <summary>The timeline on which a server accepted writes last, as the record says that it holds; 0: that is not known, or it does not hold it.</summary>
    public uint Served { get; init; }

    /// <summary>Why what stands in etcd cannot be used, as it sees it: it was emptied, or restored; null: it can, or is not known.</summary>
    public string? RecordProblem { get; init; }

    /// <summary>Of nodes that hold the same WAL the one with the higher number is promoted.</summary>
    public int Priority { get; init; }

    /// <summary>Why it would not take the primary's place now; null: it would.</summary>
    public string? NotEligible { get; init; }

    /// <summary>How far the last holder of the record had flushed, as far as this node knows; null: it never saw one serve.</summary>
    public AcknowledgedWal? Acknowledged { get; init; }

    /// <summary>Until when it may write, in seconds from now, as its guard has confirmed; null: it may not.</summary>
    public double? MayWriteFor { get; init; }

    /// <summary>The holder of the record that serves without etcd, and that this node has promised not to become writable; null: none.</summary>
    public string? PromisedTo { get; init; }

    /// <summary>For how many seconds that holds yet.</summary>
    public double? PromisedFor { get; init; }

    /// <summary>What it does, and why, in a sentence.</summary>
    public string? Doing { get; init; }
}
