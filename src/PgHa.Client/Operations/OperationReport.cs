using System.Collections.ObjectModel;
using System.Text.Json.Serialization;
using PgHa.Client.Facts;

namespace PgHa.Client.Operations;

/// <summary>An operation as users see it, while it runs and afterwards: the plan, the evidence, each step's time.</summary>
public sealed record OperationReport
{
    /// <summary>Names the operation on every node.</summary>
    public required string Id { get; init; }

    /// <summary>Its place in the order of its agent's operations: the wall clock may be set. 0: an older version's, before all others; or a dry run's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Number { get; init; }

    /// <summary>What was asked for, in words.</summary>
    public required string Goal { get; init; }

    /// <summary>The node whose agent carries it out.</summary>
    public required string Coordinator { get; init; }

    /// <summary>Where it stands.</summary>
    public required OperationState State { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>When it began, by a clock that nobody can set: its age is told by it. Null in the files of an older version.</summary>
    public MachineMoment? BegunAt { get; init; }

    /// <summary>When it ended, by that clock.</summary>
    public MachineMoment? EndedAt { get; init; }

    /// <summary>What the plan rests on.</summary>
    public IReadOnlyList<string> Evidence { get => field ?? []; init; }

    /// <summary>What the operator's force answers for, by name.</summary>
    public IReadOnlyList<string> Overrides { get => field ?? []; init; }

    /// <summary>Logical slots of the old primary that are not safe on the new one, each with the reason: foreseen by the plan, then as it came.</summary>
    public IReadOnlyList<string> NotCarried { get => field ?? []; init; }

    /// <summary>The steps in order; those of one stage run at the same time.</summary>
    public required IReadOnlyList<StepReport> Steps { get; init; }

    /// <summary>
    /// How long no node accepted writes, in milliseconds, as measured from inside: from the last possible commit on the old primary to the
    /// first one on the new. Null if the operation moved no primary.
    /// </summary>
    public double? WritesInterruptedMs => Steps.FirstOrDefault(s => s.LastWriteAt is not null)?.LastWriteAt is { } last
        && Steps.LastOrDefault(s => s.FirstWriteAt is not null)?.FirstWriteAt is { } first && first >= last ? Math.Round(first - last, 1) : null;

    /// <summary>Why the operator wanted it, in his words.</summary>
    public string? Reason { get; init; }

    /// <summary>The call that began it; null if no call did, or none that could be repeated.</summary>
    public OperationCall? Call { get; init; }

    /// <summary>In which states it left the nodes when it was done.</summary>
    public IReadOnlyDictionary<string, NodeState> Left { get => field ?? ReadOnlyDictionary<string, NodeState>.Empty; init; }

    /// <summary>What was asked for.</summary>
    public OperationRequest? Request { get; init; }

    /// <summary>What reaches the goal from half way.</summary>
    public OperationRequest? Continuation { get; init; }

    /// <summary>What brings back the state before.</summary>
    public OperationRequest? Undo { get; init; }

    /// <summary>It is being undone, or it undoes another one.</summary>
    public bool Undoing { get; init; }

    /// <summary>How it found the nodes.</summary>
    public IReadOnlyDictionary<string, FoundNode> Found { get => field ?? ReadOnlyDictionary<string, FoundNode>.Empty; init; }

    /// <summary>It waits before each step to be resumed.</summary>
    public bool Stepwise { get; init; }

    /// <summary>Until when it waits; then it is abandoned.</summary>
    public DateTimeOffset? WaitsUntil { get; init; }

    /// <summary>The interrupted operation it takes up.</summary>
    public string? Resumes { get; init; }

    /// <summary>What was done about it after it was interrupted.</summary>
    public Recovery? Recovery { get; init; }

    /// <summary>Why the journal could not be written at some step; null when it was.</summary>
    public string? JournalProblem { get; init; }

    /// <summary>Why it failed.</summary>
    public Refusal? Failure { get; init; }
}
