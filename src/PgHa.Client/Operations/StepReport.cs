using System.Text.Json.Serialization;

namespace PgHa.Client.Operations;

/// <summary>Where a step stands.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<StepState>))]
public enum StepState
{
    /// <summary>Not begun.</summary>
    Planned,

    /// <summary>The next one of a stepwise operation: it waits to be resumed.</summary>
    Waiting,

    /// <summary>Being carried out.</summary>
    Running,

    /// <summary>Carried out and verified.</summary>
    Done,

    /// <summary>It failed.</summary>
    Failed,
}

/// <summary>One step of a plan or of an operation.</summary>
public sealed record StepReport
{
    /// <summary>Steps of the same stage run at the same time.</summary>
    public required int Stage { get; init; }

    /// <summary>The node that acts.</summary>
    public required string Node { get; init; }

    /// <summary>What it does, in words.</summary>
    public required string Step { get; init; }

    /// <summary>The call an operator could make by hand.</summary>
    public required string Curl { get; init; }

    /// <summary>Whether it is final: from here on nothing is undone, only completed or reported.</summary>
    public bool Final { get; init; }

    /// <summary>Whether it changes the node.</summary>
    public bool Changes { get; init; }

    /// <summary>Where it stands.</summary>
    public required StepState State { get; init; }

    /// <summary>
    /// It begins as soon as the step before it has succeeded, before that is written: while the journal says so, it may have begun, and only its
    /// node can say whether it did.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Imminent { get; init; }

    /// <summary>When it began, in milliseconds after the operation did.</summary>
    public double? At { get; init; }

    /// <summary>From when on no commit was possible on its node any more, in milliseconds after the operation began; null if it is about none.</summary>
    public double? LastWriteAt { get; init; }

    /// <summary>When its node accepted the first write, in milliseconds after the operation began; null if it is about none.</summary>
    public double? FirstWriteAt { get; init; }

    /// <summary>How long it took, in milliseconds.</summary>
    public double? Milliseconds { get; init; }

    /// <summary>What was seen that proves the effect, or why it failed.</summary>
    public string? Evidence { get; init; }
}
