namespace PgHa.Client.Operations;

/// <summary>The call that began an operation: by it a repetition of the same call is known.</summary>
public sealed record OperationCall
{
    /// <summary>The header <c>Idempotency-Key</c> of the call; null if it had none.</summary>
    public string? Key { get; init; }

    /// <summary>The address it came from; null if it was answered before the operation had ended.</summary>
    public string? From { get; init; }

    /// <summary>Its caller never heard how the operation ended: it had gone, was told to wait no longer (504), or the agent ended.</summary>
    public bool Unheard { get; init; }

    /// <summary>How often the same call came again and was answered with this operation.</summary>
    public int Repeats { get; init; }
}
