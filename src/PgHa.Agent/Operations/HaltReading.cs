using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>What the journal says of an operation that stopped half way.</summary>
public static class HaltReading
{
    /// <summary>The facts of a halt.</summary>
    public static Halt Of(OperationReport report, HaltCause cause, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(report);
        var begun = report.Steps.Where(s => s.State is not (StepState.Planned or StepState.Waiting)).ToArray();
        return new(cause, report.Id)
        {
            Continuation = RequestForm.Read(report.Continuation),
            Undo = RequestForm.Read(report.Undo),
            Undoing = report.Undoing,
            Changed = begun.Any(s => s.Changes),
            Final = begun.Any(s => s.Final),
            Acting = [.. report.Steps.Select(s => s.Node).Distinct()],
            Found = report.Found,
            Age = now - report.Started,
        };
    }
}
