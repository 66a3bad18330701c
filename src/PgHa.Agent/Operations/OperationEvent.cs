namespace PgHa.Agent.Operations;

/// <summary>What can happen to an operation: each event leads from one state to another, or to none (<see cref="OperationTransitions"/>).</summary>
public enum OperationEvent
{
    /// <summary>Its plan is carried out from now on.</summary>
    Begun,

    /// <summary>A dry run: its plan is only shown.</summary>
    Shown,

    /// <summary>Stepwise: it waits before a step for its operator.</summary>
    WaitsForOperator,

    /// <summary>The operator let it go on, or ended it.</summary>
    GoesOn,

    /// <summary>Its goal was reached.</summary>
    ReachedGoal,

    /// <summary>It ended before its goal, and what it did stays as it is.</summary>
    Failed,

    /// <summary>It ended before its goal, and what it had done was undone.</summary>
    WasUndone,

    /// <summary>A bug or failed I/O ended it.</summary>
    Broke,

    /// <summary>Another agent that it needs was lost: it is taken up when that is back.</summary>
    LostAgent,

    /// <summary>Its own agent ended, or is about to: the next run takes it up.</summary>
    AgentEnded,

    /// <summary>Interrupted: what is to be done about it cannot be decided or begun yet.</summary>
    RecoveryWaits,

    /// <summary>Interrupted: another operation takes it up.</summary>
    RecoveryBegun,

    /// <summary>Interrupted: its goal was reached.</summary>
    RecoveryCompleted,

    /// <summary>Interrupted: what it had done was undone, or it had changed nothing.</summary>
    RecoveryUndid,

    /// <summary>Interrupted: nothing more is done about it, its report says why.</summary>
    RecoveryGaveUp,
}
