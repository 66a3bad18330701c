using PgHa.Client.Operations;

namespace PgHa.Client.Facts;

/// <summary>A node as a person looks at it: what is seen of it, and what decisions do not need and people ask for.</summary>
public sealed record NodeStatus
{
    /// <summary>What is seen of it.</summary>
    public required NodeObservation Seen { get; init; }

    /// <summary>The version of its agent; null: the agent is away, or older and does not say. Then nothing else here is known.</summary>
    public string? Version { get; init; }

    /// <summary>Settings that its running server takes at its next start only; null: not known.</summary>
    public IReadOnlyList<string>? PendingRestart { get; init; }

    /// <summary>On a standby: how long ago the transaction was committed that it replayed last, in seconds; null: it is none, or has replayed none.</summary>
    public double? ReplayedAgo { get; init; }

    /// <summary>The standbys that are attached to it; null: not known.</summary>
    public IReadOnlyList<AttachedStandby>? Standbys { get; init; }

    /// <summary>All of its replication slots but the temporary ones; null: not known.</summary>
    public IReadOnlyList<SlotStanding>? Slots { get; init; }

    /// <summary>What its agent carries out, and what it has not concluded.</summary>
    public IReadOnlyList<OperationBrief> Operations { get => field ?? []; init; }
}

/// <summary>A standby as its upstream's server sees it.</summary>
/// <param name="Name">Its <c>application_name</c>; a standby of the agents has its node's name.</param>
/// <param name="Sync"><c>async</c>, <c>potential</c>, <c>sync</c> or <c>quorum</c>.</param>
/// <param name="ToReceive">Bytes of WAL that it has not flushed yet.</param>
/// <param name="ToReplay">Bytes of WAL that it has not replayed yet.</param>
/// <param name="ReplayLag">How long WAL needed of late until it was replayed there, in seconds; null: nothing was sent of late.</param>
public sealed record AttachedStandby(string Name, string Sync, long ToReceive, long ToReplay, double? ReplayLag = null);

/// <summary>A replication slot at one look.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Logical">Whether it is a logical one.</param>
/// <param name="Active">Whether somebody uses it now.</param>
/// <param name="HoldsBytes">How much WAL it holds back; null: none, or not known.</param>
/// <param name="WalStatus">reserved, extended, unreserved or lost; null: it holds none back.</param>
/// <param name="Database">The database of a logical slot.</param>
public sealed record SlotStanding(string Name, bool Logical, bool Active, long? HoldsBytes = null, string? WalStatus = null, string? Database = null)
{
    /// <summary>The agents keep it for a node.</summary>
    public bool IsOurs => !Logical && Name.StartsWith(SlotName.Prefix, StringComparison.Ordinal);

    /// <summary>PostgreSQL keeps no WAL for it any more.</summary>
    public bool Lost => WalStatus == "lost";
}

/// <summary>An operation that runs or is not concluded, in a line.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Goal">What was asked for.</param>
/// <param name="Coordinator">The node whose agent carries it out.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Started">When it began.</param>
/// <param name="Done">How many of its steps are done.</param>
/// <param name="Steps">How many steps it has.</param>
public sealed record OperationBrief(string Id, string Goal, string Coordinator, OperationState State, DateTimeOffset Started, int Done, int Steps)
{
    /// <summary>The step that is under way, or that it waits before; null: it waits for its effect to be seen.</summary>
    public string? Step { get; init; }

    /// <summary>Why the operator wanted it.</summary>
    public string? Reason { get; init; }

    /// <summary>What was done about it after it was interrupted; null: it was not.</summary>
    public string? Recovery { get; init; }

    /// <summary>Of a report.</summary>
    public static OperationBrief Of(OperationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var steps = report.Steps;
        return new(report.Id, report.Goal, report.Coordinator, report.State, report.Started, steps.Count(s => s.State == StepState.Done), steps.Count)
        {
            Step = steps.FirstOrDefault(s => s.State is StepState.Running or StepState.Waiting)?.Step,
            Reason = report.Reason,
            Recovery = report.Recovery?.Message,
        };
    }
}
