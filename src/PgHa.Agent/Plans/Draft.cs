using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>
/// A plan as its planner writes it: the stages in the order in which they run. <see cref="Planner"/> judges it and makes the plan of it; no
/// stage changes any more.
/// </summary>
public sealed record Draft(string Goal)
{
    /// <summary>The stages in order.</summary>
    public IReadOnlyList<IReadOnlyList<Step>> Stages { get; init; } = [];

    /// <summary>What it rests on.</summary>
    public IReadOnlyList<Evidence> Evidence { get; init; } = [];

    /// <summary>What force answers for, by name.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>Who answers for which node.</summary>
    public IReadOnlyList<Assurance> Answered { get; init; } = [];

    /// <summary>The slots that go with the primary.</summary>
    public CarriedSlots Slots { get; init; } = CarriedSlots.None;

    /// <summary>What must be seen at the end.</summary>
    public IReadOnlyList<Outcome> Outcomes { get; init; } = [];

    /// <summary>What brings back the state before.</summary>
    public MandatedRequest? Undo { get; init; }

    /// <summary>What reaches the goal from half way; null: the request.</summary>
    public MandatedRequest? Continuation { get; init; }
}
