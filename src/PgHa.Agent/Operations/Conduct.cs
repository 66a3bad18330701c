using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>How an operation is to be carried out.</summary>
public sealed record Conduct
{
    /// <summary>At once, for an operator.</summary>
    public static Conduct Usual { get; } = new();

    /// <summary>At once, and nobody asked for it: whoever begins it says itself why it is refused, once.</summary>
    public static Conduct Unasked { get; } = new() { Quiet = true };

    /// <summary>The rules of automatic failover begin it. A node writes by the record only, so a lock whose owner does not answer holds nobody back.</summary>
    public bool ByRules { get; init; }

    /// <summary>A refusal is not logged.</summary>
    public bool Quiet { get; init; }

    /// <summary>It waits before each step.</summary>
    public bool Stepwise { get; init; }

    /// <summary>Why the operator wants it.</summary>
    public string? Reason { get; init; }

    /// <summary>The call that asks for it.</summary>
    public OperationCall? Call { get; init; }

    /// <summary>The interrupted operation it takes up.</summary>
    public string? Resumes { get; init; }

    /// <summary>It brings back the state before that one.</summary>
    public bool Undoing { get; init; }
}
