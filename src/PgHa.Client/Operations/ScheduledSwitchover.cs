using System.Text.Json.Serialization;

namespace PgHa.Client.Operations;

/// <summary>A switchover that is to be carried out later.</summary>
public sealed record ScheduledSwitchover
{
    /// <summary>Its name: no other has it.</summary>
    public required string Id { get; init; }

    /// <summary>When, by the clock of the machine that is primary then.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What is asked for, as in <c>POST cluster/switchover</c>.</summary>
    public required ClusterChange Change { get; init; }
}

/// <summary>What became of a scheduled switchover.</summary>
/// <param name="Switchover">The switchover.</param>
/// <param name="Fate">What became of it.</param>
/// <param name="Node">The node whose agent says so.</param>
/// <param name="At">When, by its clock.</param>
/// <param name="Said">The same in a sentence.</param>
/// <param name="Operation">The operation that carries it out; null: none.</param>
public sealed record ScheduleOutcome(ScheduledSwitchover Switchover, ScheduleFate Fate, string Node, DateTimeOffset At, string Said, string? Operation = null);

/// <summary>What became of it.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ScheduleFate>))]
public enum ScheduleFate
{
    /// <summary>An agent has taken it up. It is not taken up again, whatever became of that agent.</summary>
    TakenUp,

    /// <summary>Its operation was begun.</summary>
    Begun,

    /// <summary>It was refused.</summary>
    Refused,

    /// <summary>Its time has passed.</summary>
    Missed,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

/// <summary><c>GET cluster/scheduled</c>.</summary>
/// <param name="Scheduled">What is to be carried out; null: nothing is.</param>
/// <param name="Last">What became of the one before; null: there was none.</param>
public sealed record ScheduleReport(ScheduledSwitchover? Scheduled = null, ScheduleOutcome? Last = null);
