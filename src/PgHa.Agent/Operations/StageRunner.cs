using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>Why and where the stages of a plan stopped.</summary>
/// <param name="Why">The step's refusal.</param>
/// <param name="ChangedSomething">Whether a step before it, or it, may have changed a node.</param>
/// <param name="MayBeUndone">Whether no node can have become writable yet.</param>
/// <param name="Abandoned">No step failed: the operator ended it.</param>
public sealed record StageFailure(Refusal Why, bool ChangedSomething, bool MayBeUndone, bool Abandoned = false);

/// <summary>Carries the stages of a plan out, one after the other, and reports each step as it goes.</summary>
public sealed partial class StageRunner(ClusterObserver cluster, OperationStore store, TimeProvider time, ILogger<StageRunner> log)
{
    /// <summary>Runs the stages; null when all succeeded.</summary>
    /// <param name="operation">The operation they belong to; its report already lists the steps.</param>
    /// <param name="stages">The stages.</param>
    /// <param name="firstReport">Index of their first step in the report.</param>
    /// <param name="gate">Where it waits before each step, one after the other; null: it does not wait.</param>
    /// <param name="cancel">Ends the operation between or within steps.</param>
    public async Task<StageFailure?> RunAsync(
        Operation operation, IReadOnlyList<IReadOnlyList<Step>> stages, int firstReport, StepGate? gate, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(stages);
        if (gate is not null)
            stages = [.. stages.SelectMany(stage => stage).Select(step => (IReadOnlyList<Step>)[step])];
        var changed = false;
        var final = false;
        var index = firstReport;
        foreach (var stage in stages)
        {
            var first = index;
            index += stage.Count;
            if (gate is not null && !await PassAsync(operation, gate, first, cancel))
                return new(new(Code.StepFailed, $"abandoned before: {stage[0].Words}", "the call can be repeated"), changed, !final, Abandoned: true);
            var results = await Task.WhenAll(stage.Select((step, i) => RunAsync(operation, step, first + i, cancel)));
            var failed = Array.FindIndex(results, r => r.Failure is not null);
            changed |= stage.Any(s => s.Changes);
            if (failed >= 0)
                return new(
                    Explain(stage[failed], results[failed].Failure!),
                    changed,
                    !final && stage.Zip(results).All(p => !p.First.Final || p.Second.NeverWritable));
            final |= stage.Any(s => s.Final);
        }
        return null;
    }

    /// <summary>Waits for the operator, visibly; false when the operation was abandoned.</summary>
    private async Task<bool> PassAsync(Operation operation, StepGate gate, int index, CancellationToken cancel)
    {
        if (gate.Pass() is { } passes)
            return passes;
        store.Update(operation, r => With(r, index, s => s with { State = StepState.Waiting }) with
        {
            State = OperationState.Waiting,
            WaitsUntil = time.GetUtcNow() + StepGate.Patience,
        });
        passes = await gate.WaitAsync(cancel);
        operation.Update(r => With(r, index, s => s with { State = StepState.Planned }) with { State = OperationState.Running, WaitsUntil = null });
        return passes;
    }

    private async Task<StepResult> RunAsync(Operation operation, Step step, int index, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        var at = Math.Round(time.GetElapsedTime(operation.Begun, begun).TotalMilliseconds, 1);
        Report(operation, index, r => r with { State = StepState.Running, At = at });
        var result = await cluster[step.Node].RunAsync(step, operation.Report.Id, cancel);
        var took = time.GetElapsedTime(begun).TotalMilliseconds;
        Report(operation, index, r => r with
        {
            State = result.Failure is null ? StepState.Done : StepState.Failed,
            Final = r.Final && !result.NeverWritable, // whoever takes the operation up may still undo it
            Milliseconds = Math.Round(took, 1),
            LastWriteAt = at + result.LastWriteAt,
            FirstWriteAt = at + result.FirstWriteAt,
            Evidence = result.Failure?.Message ?? result.Evidence,
        });
        if (result.NotCarried is { } notCarried)
            store.Update(operation, r => r with { NotCarried = step is PlaceSlots or LevelSlots or TakeOver ? notCarried : [.. r.NotCarried, .. notCarried] });
        if (result.Overridden is { } overridden)
            store.Update(operation, r => r with { Overrides = [.. r.Overrides, overridden] });
        if (result.Failure is { } failure)
            LogFailed(operation.Report.Id, step.Words, took, failure.Message);
        else
            LogDone(operation.Report.Id, step.Words, took, result.Evidence);
        return result;
    }

    private void Report(Operation operation, int index, Func<StepReport, StepReport> change) =>
        store.Update(operation, r => With(r, index, change));

    private static OperationReport With(OperationReport report, int index, Func<StepReport, StepReport> change) =>
        report with { Steps = [.. report.Steps.Select((s, i) => i == index ? change(s) : s)] };

    private static Refusal Explain(Step step, Refusal why) => why with { Message = $"{step.Words}: {why.Message}" };

    [LoggerMessage(Level = LogLevel.Information, Message = "{Operation}: {Step}: done in {Milliseconds:F1} ms: {Evidence}")]
    private partial void LogDone(string operation, string step, double milliseconds, string evidence);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Operation}: {Step}: failed after {Milliseconds:F1} ms: {Why}")]
    private partial void LogFailed(string operation, string step, double milliseconds, string why);
}
