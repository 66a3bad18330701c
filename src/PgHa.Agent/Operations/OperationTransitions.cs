using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>Where an operation stands: its state, and where it was interrupted that of its recovery.</summary>
/// <param name="State">The state.</param>
/// <param name="Recovery">The recovery's, once something was done about it.</param>
public readonly record struct OperationStanding(OperationState State, RecoveryState? Recovery = null)
{
    /// <summary>Where a report says that its operation stands.</summary>
    public static OperationStanding Of(OperationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new(report.State, report.Recovery?.State);
    }

    /// <summary>It runs, or what becomes of it is not decided yet.</summary>
    public bool IsOpen => State is OperationState.Running or OperationState.Waiting
        || (State == OperationState.Interrupted && Recovery is null or RecoveryState.Waiting or RecoveryState.Running);
}

/// <summary>
/// Which state of an operation follows which: the only place that says so, and the only one that writes states. Pure. What is not in the
/// table is a bug.
/// </summary>
public static class OperationTransitions
{
    /// <summary>Where an operation stands after an event; null where it cannot happen.</summary>
    /// <param name="before">Where it stood; null: it is none yet.</param>
    /// <param name="what">The event.</param>
    public static OperationStanding? Next(OperationStanding? before, OperationEvent what) => (before?.State, what) switch
    {
        (null, OperationEvent.Begun) => new(OperationState.Running),
        (null, OperationEvent.Shown) => new(OperationState.Done),
        (OperationState.Running, OperationEvent.WaitsForOperator) => new(OperationState.Waiting),
        (OperationState.Waiting, OperationEvent.GoesOn) => new(OperationState.Running),
        (OperationState.Running, OperationEvent.ReachedGoal) => new(OperationState.Done),
        (OperationState.Running, OperationEvent.Failed) => new(OperationState.Failed),
        (OperationState.Running, OperationEvent.WasUndone) => new(OperationState.Undone),
        (OperationState.Running or OperationState.Waiting, OperationEvent.Broke) => new(OperationState.Failed),
        (OperationState.Running, OperationEvent.LostAgent) => new(OperationState.Interrupted),
        (OperationState.Running or OperationState.Waiting, OperationEvent.AgentEnded) => new(OperationState.Interrupted),
        (OperationState.Interrupted, _) when before!.Value.IsOpen => Recovering(before.Value, what),
        _ => null,
    };

    /// <summary>While it is not decided yet what becomes of an interrupted one; whoever takes it up may be interrupted, too.</summary>
    private static OperationStanding? Recovering(OperationStanding before, OperationEvent what) => what switch
    {
        OperationEvent.AgentEnded => before,
        OperationEvent.Broke => new(OperationState.Failed, before.Recovery),
        OperationEvent.RecoveryWaits => new(OperationState.Interrupted, RecoveryState.Waiting),
        OperationEvent.RecoveryBegun => new(OperationState.Interrupted, RecoveryState.Running),
        OperationEvent.RecoveryCompleted => new(OperationState.Interrupted, RecoveryState.Completed),
        OperationEvent.RecoveryUndid => new(OperationState.Interrupted, RecoveryState.Undone),
        OperationEvent.RecoveryGaveUp => new(OperationState.Interrupted, RecoveryState.Reported),
        _ => null,
    };

    /// <summary>The state of a new report.</summary>
    public static OperationState First(OperationEvent what) => (Next(null, what) ?? throw Illegal("no operation", what)).State;

    /// <summary>The report after an event.</summary>
    public static OperationReport Apply(OperationReport report, OperationEvent what) => report with { State = After(report, what).State };

    /// <summary>The report after an event of its recovery.</summary>
    /// <param name="report">The report of an interrupted operation.</param>
    /// <param name="what">The event.</param>
    /// <param name="message">What is said of it.</param>
    /// <param name="by">The operation that takes it up, or null.</param>
    public static OperationReport Recover(OperationReport report, OperationEvent what, string message, string? by = null) =>
        After(report, what) is { Recovery: { } recovery } ? report with { Recovery = new() { State = recovery, Message = message, Operation = by } }
            : throw Illegal($"the recovery of operation {report.Id}", what);

    /// <summary>The event that ends a recovery so.</summary>
    public static OperationEvent Concluding(RecoveryState state) => state switch
    {
        RecoveryState.Completed => OperationEvent.RecoveryCompleted,
        RecoveryState.Undone => OperationEvent.RecoveryUndid,
        RecoveryState.Reported => OperationEvent.RecoveryGaveUp,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "it does not end a recovery"),
    };

    private static OperationStanding After(OperationReport report, OperationEvent what) =>
        Next(OperationStanding.Of(report), what) ?? throw Illegal($"operation {report.Id}, which is {OperationStanding.Of(report)}", what);

    private static InvalidOperationException Illegal(string who, OperationEvent what) => new($"{what} cannot happen to {who}");
}
