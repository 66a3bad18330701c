using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>Why and where the stages of a plan stopped.</summary>
/// <param name="Why">The step's refusal.</param>
/// <param name="Reach">How far the steps before it, and it, have come.</param>
/// <param name="Abandoned">No step failed: the operator ended it.</param>
public sealed record StageFailure(Refusal Why, Reach Reach, bool Abandoned = false);

/// <summary>Carries the stages of a plan out, one after the other, and reports each step as it goes.</summary>
public sealed partial class StageRunner(ActingNodes nodes, OperationStore store, TimeProvider time, ILogger<StageRunner> log)
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
        var (reach, ledOn) = (Reach.Untouched, false);
        var first = firstReport;
        foreach (var (n, stage) in stages.Index())
        {
            if (gate is not null && !ledOn && !await PassAsync(operation, gate, first, cancel))
                return new(new(Code.StepFailed, $"abandoned before: {stage[0].Words}", "the call can be repeated"), reach, Abandoned: true);
            var next = n + 1 < stages.Count && LeadsOn(stage, stages[n + 1]) ? stages[n + 1].Count : 0;
            var (results, written) = await RunAsync(operation, new(stage, first, ledOn, next), cancel);
            var failed = Array.FindIndex(results, r => r.Failure is not null);
            reach = stage.Zip(results, Reaches.After).Append(reach).Furthest();
            if (failed >= 0)
                return new(Explain(stage[failed], results[failed].Failure!), reach);
            ledOn = next > 0 && written && (gate is null || gate.Pass() is true);
            if (next > 0 && !ledOn)
                store.Update(operation, NothingImminent); // it waits for its operator first, or the journal does not say yet what it has to
            first += stage.Count;
        }
        return null;
    }

    /// <summary>A stage, and how it is written.</summary>
    /// <param name="Steps">Its steps.</param>
    /// <param name="First">Index of their first report.</param>
    /// <param name="LedOn">The journal says already that it is imminent: it begins at once, and that is written while it runs.</param>
    /// <param name="Next">Of how many steps the stage is that it leads on to at once; 0 where it does not.</param>
    private sealed record Running(IReadOnlyList<Step> Steps, int First, bool LedOn, int Next);

    /// <summary>Nobody can write from the end of the one to the end of the other: the disk of the journal is not waited for in between.</summary>
    private static bool LeadsOn(IReadOnlyList<Step> stage, IReadOnlyList<Step> next) => stage is [HandOver] && next is [TakeOver];

    /// <summary>What came of its steps, and whether its begin was journaled.</summary>
    private async Task<(StepResult[] Results, bool Written)> RunAsync(Operation operation, Running stage, CancellationToken cancel)
    {
        var at = Math.Round(time.GetElapsedTime(operation.Begun).TotalMilliseconds, 1);
        store.Hold(operation, r => Begun(r, stage, at));
        var written = !stage.LedOn && store.Write(operation);
        var running = stage.Steps.Select((step, i) => RunAsync(operation, step, stage.First + i, stage.Next > 0, cancel)).ToArray();
        if (stage.LedOn)
            store.Write(operation);
        return (await Task.WhenAll(running), written);
    }

    private static OperationReport Begun(OperationReport report, Running stage, double at)
    {
        foreach (var i in Enumerable.Range(stage.First, stage.Steps.Count))
            report = StepTransitions.Apply(report, i, StepEvent.Begun, s => s with { At = at, Imminent = false });
        var after = stage.First + stage.Steps.Count;
        return stage.Next == 0 ? report : report with { Steps = [.. report.Steps.Select((s, i) => i >= after && i < after + stage.Next ? s with { Imminent = true } : s)] };
    }

    /// <summary>Waits for the operator, visibly; false when the operation was abandoned.</summary>
    private async Task<bool> PassAsync(Operation operation, StepGate gate, int index, CancellationToken cancel)
    {
        if (gate.Pass() is { } passes)
            return passes;
        store.Move(operation, OperationEvent.WaitsForOperator, r => StepTransitions.Apply(r, index, StepEvent.WaitsForOperator) with { WaitsUntil = time.GetUtcNow() + StepGate.Patience });
        passes = await gate.WaitAsync(cancel);
        store.Move(operation, OperationEvent.GoesOn, r => StepTransitions.Apply(r, index, StepEvent.GoesOn) with { WaitsUntil = null });
        return passes;
    }

    private async Task<StepResult> RunAsync(Operation operation, Step step, int index, bool leadsOn, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        var result = await nodes[step.Node].RunAsync(step, new(operation.Report.Id, index), cancel);
        var took = time.GetElapsedTime(begun).TotalMilliseconds;
        var at = Math.Round(time.GetElapsedTime(operation.Begun, begun).TotalMilliseconds, 1);
        if (leadsOn && result.Failure is null)
            store.Hold(operation, r => Ended(r, step, index, result, at, took));
        else
            store.Update(operation, r => Ended(r, step, index, result, at, took));
        if (result.Failure is { } failure)
            LogFailed(operation.Report.Id, step.Words, took, failure.Message);
        else
            LogDone(operation.Report.Id, step.Words, took, result.Evidence);
        return result;
    }

    /// <summary>After a failure the next one does not begin; after a success it stays imminent until it does: anybody may write the report in between.</summary>
    private static OperationReport Ended(OperationReport report, Step step, int index, StepResult result, double at, double took)
    {
        report = StepTransitions.Apply(report, index, result.Failure is null ? StepEvent.Succeeded : StepEvent.Failed, s => s with
        {
            Final = s.Final && !result.NeverWritable, // whoever takes the operation up may still undo it
            Milliseconds = Math.Round(took, 1),
            LastWriteAt = at + result.LastWriteAt,
            FirstWriteAt = at + result.FirstWriteAt,
            Evidence = result.Failure?.Message ?? result.Evidence,
        });
        report = result.Failure is null ? report : NothingImminent(report);
        return report with
        {
            NotCarried = result.NotCarried is { } left ? [.. report.NotCarried.Where(s => !Anew(step, s)), .. left] : report.NotCarried,
            Overrides = result.Overridden is { } overridden ? [.. report.Overrides, overridden] : report.Overrides,
        };
    }

    /// <summary>It is known that what was about to begin did not.</summary>
    internal static OperationReport NothingImminent(OperationReport report) => report with { Steps = [.. report.Steps.Select(s => s with { Imminent = false })] };

    /// <summary>What the plan said of slots is said anew by the steps that deal with them.</summary>
    private static bool Anew(Step step, string left) => step switch
    {
        PlaceSlots or LevelSlots or TakeOver => !OtherSlotRules.IsLeft(left),
        CopySlots => OtherSlotRules.IsLeft(left),
        _ => false,
    };

    internal static Refusal Explain(Step step, Refusal why) => why with { Message = $"{step.Words}: {why.Message}" };

    [LoggerMessage(Level = LogLevel.Information, Message = "{Operation}: {Step}: done in {Milliseconds:F1} ms: {Evidence}")]
    private partial void LogDone(string operation, string step, double milliseconds, string evidence);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Operation}: {Step}: failed after {Milliseconds:F1} ms: {Why}")]
    private partial void LogFailed(string operation, string step, double milliseconds, string why);
}
