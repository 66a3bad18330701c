using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>What the journal says of an operation that stopped half way.</summary>
public static class HaltReading
{
    /// <summary>The facts of a halt.</summary>
    public static Halt Of(OperationReport report, HaltCause cause, MachineClock clock)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(clock);
        var begun = report.Steps.Where(s => s.State is not (StepState.Planned or StepState.Waiting)).ToArray();
        return new(cause, report.Id)
        {
            Continuation = RequestForm.Read(report.Continuation),
            Undo = RequestForm.Read(report.Undo),
            Undoing = report.Undoing,
            Reach = begun.Select(Reaches.Of).Furthest(),
            Imminent = report.Steps.FirstOrDefault(s => s is { Imminent: true, Final: true })?.Node,
            Acting = [.. report.Steps.Select(s => s.Node).Distinct()],
            Found = report.Found,
            Age = clock.Age(report.BegunAt),
        };
    }
}
