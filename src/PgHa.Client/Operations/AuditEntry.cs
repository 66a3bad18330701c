namespace PgHa.Client.Operations;

/// <summary>A line of the audit log: a call that changes something, or how an operation ended.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">call, or operation.</param>
public sealed record AuditEntry(DateTimeOffset At, string Kind)
{
    /// <summary>The node whose agent was called.</summary>
    public string? Node { get; init; }

    /// <summary>Whose token it was.</summary>
    public string? Who { get; init; }

    /// <summary>What the token may be used for.</summary>
    public string? Role { get; init; }

    /// <summary>The address that the call came from.</summary>
    public string? From { get; init; }

    /// <summary>Method, path and options.</summary>
    public string? Call { get; init; }

    /// <summary>The HTTP status of the answer.</summary>
    public int? Status { get; init; }

    /// <summary>An admin has called a step that only a plan orders else.</summary>
    public bool? ByHand { get; init; }

    /// <summary>The operation.</summary>
    public string? Operation { get; init; }

    /// <summary>What the operation was to reach.</summary>
    public string? Goal { get; init; }

    /// <summary>Why, as the caller said.</summary>
    public string? Reason { get; init; }

    /// <summary>The plan, step by step, with how each ended.</summary>
    public IReadOnlyList<string>? Steps { get; init; }

    /// <summary>What the caller has answered for by force.</summary>
    public IReadOnlyList<string>? Overrides { get; init; }

    /// <summary>How it ended.</summary>
    public string? Ended { get; init; }

    /// <summary>Why it did not reach its goal.</summary>
    public string? Failure { get; init; }
}
