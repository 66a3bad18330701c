using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>What was decided: a plan, or a refusal.</summary>
public abstract record Decision
{
    /// <summary>A refusal as a decision.</summary>
    public static Decision Refuse(Code code, string message, string hint) => new Refused(new Refusal(code, message, hint));
}

/// <summary>It must not be done.</summary>
public sealed record Refused(Refusal Why) : Decision;

/// <summary>The states a node must show at the end.</summary>
/// <param name="Node">The node.</param>
/// <param name="States">Any of these.</param>
/// <param name="Certain">False: it is waited for a moment, but its absence is no failure (a node that did not act).</param>
public sealed record Outcome(string Node, IReadOnlyList<NodeState> States, bool Certain = true);

/// <summary>What will be done, and nothing changes it any more: stages one after the other, the steps of a stage at the same time. No stages: the goal is reached already.</summary>
public sealed record Plan(string Goal) : Decision
{
    /// <summary>The stages in order.</summary>
    public IReadOnlyList<IReadOnlyList<Step>> Stages { get; init; } = [];

    /// <summary>What the plan rests on.</summary>
    public IReadOnlyList<Evidence> Evidence { get; init; } = [];

    /// <summary>What force answers for, by name.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>Who answers for which node.</summary>
    public IReadOnlyList<Assurance> Answered { get; init; } = [];

    /// <summary>Slots that will not be safe on the new primary, each with the reason.</summary>
    public IReadOnlyList<string> NotCarried { get; init; } = [];

    /// <summary>What must be seen at the end.</summary>
    public IReadOnlyList<Outcome> Outcomes { get; init; } = [];

    /// <summary>What brings back the state before, should a step fail before the first final one; planned anew from a fresh view.</summary>
    public MandatedRequest? Undo { get; init; }

    /// <summary>What reaches the goal from half way, where the request itself would mean something else by then; null: the request.</summary>
    public MandatedRequest? Continuation { get; init; }
}
