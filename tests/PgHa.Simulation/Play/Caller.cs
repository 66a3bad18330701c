using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Simulation;

/// <summary>Makes the calls of operators, and hears what came of them.</summary>
internal static class Caller
{
    /// <summary>Nobody waits for it.</summary>
    internal static void Begin(Field field, string called, MandatedRequest request)
    {
        if (field[called].Agent is { Process.Alive: true } agent)
            agent.Process.Begin(() => CallAsync(field, agent, request, _ => { }));
    }

    /// <summary>Tells what came of it; nothing where the agent ends.</summary>
    internal static async Task CallAsync(Field field, SimAgent agent, MandatedRequest request, Action<Refusal?> ended)
    {
        var begun = await BeginAsync(agent, request);
        if (!begun.IsOk)
        {
            field.World.Trace.Add(field.World, agent.Machine.Name, $"refused: {request.Words}: {begun.Refusal}");
            ended(begun.Refusal);
            return;
        }
        field.Count();
        var (faults, operations) = (field.Faults, field.Begun);
        field.World.Trace.Add(field.World, agent.Machine.Name, $"begun: {request.Words} ({begun.Value.Report.Id})");
        await begun.Value.Ended;
        var report = begun.Value.Report;
        field.World.Trace.Add(field.World, agent.Machine.Name, $"{report.State}: {request.Words} {report.Failure}");
        if (report.State == OperationState.Done)
            field.Promised(report, request.Request);
        if (report.State == OperationState.Done && faults == field.Faults && operations == field.Begun)
            field.Reported(report);
        if (report.State != OperationState.Done && !field.Disturbed && faults == field.Faults && operations == field.Begun)
            field.World.Found($"{report.Goal} failed, and nothing else had happened: {report.Failure}");
        ended(report.State == OperationState.Done ? null : report.Failure ?? new(Code.StepFailed, $"{report.State}", ""));
    }

    /// <summary>Failed I/O of the agent's own files is an answer of its API.</summary>
    private static async Task<Answer<Operation>> BeginAsync(SimAgent agent, MandatedRequest request)
    {
        try
        {
            return await agent.Runner.BeginAsync(request, Conduct.Usual, CancellationToken.None);
        }
        catch (IOException e)
        {
            return new Refusal(Code.WrongState, $"this node cannot read or write its own files: {e.Message}", "look at its disk");
        }
    }
}
