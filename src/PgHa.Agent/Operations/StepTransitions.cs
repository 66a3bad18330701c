using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>What can happen to a step.</summary>
public enum StepEvent
{
    /// <summary>It stands in a plan.</summary>
    Listed,

    /// <summary>Stepwise: it is the next one, and waits for the operator.</summary>
    WaitsForOperator,

    /// <summary>The operator let it go on, or ended the operation.</summary>
    GoesOn,

    /// <summary>It is carried out from now on.</summary>
    Begun,

    /// <summary>It was carried out and verified.</summary>
    Succeeded,

    /// <summary>It failed, or was refused.</summary>
    Failed,
}

/// <summary>Which state of a step follows which: the only place that says so, and the only one that writes them. Pure. What is not in the table is a bug.</summary>
public static class StepTransitions
{
    /// <summary>The state after an event; null where it cannot happen.</summary>
    /// <param name="before">The state; null: it is listed only now.</param>
    /// <param name="what">The event.</param>
    public static StepState? Next(StepState? before, StepEvent what) => (before, what) switch
    {
        (null, StepEvent.Listed) => StepState.Planned,
        (StepState.Planned, StepEvent.WaitsForOperator) => StepState.Waiting,
        (StepState.Waiting, StepEvent.GoesOn) => StepState.Planned,
        (StepState.Planned, StepEvent.Begun) => StepState.Running,
        (StepState.Running, StepEvent.Succeeded) => StepState.Done,
        (StepState.Running, StepEvent.Failed) => StepState.Failed,
        _ => null,
    };

    /// <summary>The state of a step that is only listed.</summary>
    public static StepState First { get; } = Next(null, StepEvent.Listed)!.Value;

    /// <summary>The step after an event.</summary>
    public static StepReport Apply(StepReport step, StepEvent what)
    {
        ArgumentNullException.ThrowIfNull(step);
        return step with { State = Next(step.State, what) ?? throw new InvalidOperationException($"{what} cannot happen to a step that is {Enum.GetName(step.State)}: {step.Step}") };
    }

    /// <summary>The report after an event of one of its steps.</summary>
    /// <param name="report">The report.</param>
    /// <param name="index">Of the step.</param>
    /// <param name="what">The event.</param>
    /// <param name="also">What else changes of the step.</param>
    public static OperationReport Apply(OperationReport report, int index, StepEvent what, Func<StepReport, StepReport>? also = null)
    {
        ArgumentNullException.ThrowIfNull(report);
        return report with { Steps = [.. report.Steps.Select((step, i) => i != index ? step : also is null ? Apply(step, what) : also(Apply(step, what)))] };
    }
}
