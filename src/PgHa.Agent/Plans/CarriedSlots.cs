using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>What a plan that makes a node primary does about the slots of the one before, and what it says of them.</summary>
public sealed record CarriedSlots
{
    /// <summary>The primary does not move, or has no slots.</summary>
    public static CarriedSlots None { get; } = new();

    /// <summary>Which node becomes primary, and which one was it last; null where none changes.</summary>
    public (string Target, string Source)? Move { get; init; }

    /// <summary>Logical slots are placed, or brought level.</summary>
    public bool Logical { get; init; }

    /// <summary>Copies of physical slots are missing, and can be made.</summary>
    public bool Copies { get; init; }

    /// <summary>Those that go with it.</summary>
    public IReadOnlyList<Evidence> Evidence { get; init; } = [];

    /// <summary>Those that will not be safe on the new primary, each with the reason.</summary>
    public IReadOnlyList<string> NotCarried { get; init; } = [];
}
