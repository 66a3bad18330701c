namespace PgHa.Client.Operations;

/// <summary>What came of a step on its node.</summary>
public sealed record StepResult
{
    /// <summary>What was seen that proves the effect.</summary>
    public string Evidence { get => field ?? ""; init; }

    /// <summary>Why it was refused or failed; null when it succeeded.</summary>
    public Refusal? Failure { get; init; }

    /// <summary>On a failed final step: whether it is proven that the node never accepted a write, so that the step may be undone.</summary>
    public bool NeverWritable { get; init; }

    /// <summary>Milliseconds after the step began from which on no commit was possible on the node any more; null if the step is about none.</summary>
    public double? LastWriteAt { get; init; }

    /// <summary>Milliseconds after the step began at which the node accepted its first write; null if the step is about none.</summary>
    public double? FirstWriteAt { get; init; }

    /// <summary>Logical slots that the step could not carry to its node, each with the reason; null if the step is about none.</summary>
    public IReadOnlyList<string>? NotCarried { get; init; }

    /// <summary>What could not be done and only the operator's force answers for; null if nothing was left out.</summary>
    public string? Overridden { get; init; }

    /// <summary>A success with what proves it.</summary>
    public static StepResult Done(string evidence) => new() { Evidence = evidence };

    /// <summary>A failure.</summary>
    public static StepResult Failed(Code code, string message, string hint) => new() { Failure = new(code, message, hint) };

    /// <summary>A refusal taken over as it is.</summary>
    public static StepResult Failed(Refusal refusal, bool neverWritable = false) => new() { Failure = refusal, NeverWritable = neverWritable };
}
