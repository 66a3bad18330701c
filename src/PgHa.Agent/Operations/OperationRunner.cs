using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>
/// From a request to its end: lock, observe, decide, carry out, verify. An operation goes on when the caller has left; it ends with
/// the agent.
/// </summary>
public sealed partial class OperationRunner(
    AgentOptions options,
    AgentBoot boot,
    LiveOperations live,
    ClusterObserver cluster,
    ClusterLock clusterLock,
    StageRunner stageRunner,
    OutcomeWatch outcomes,
    OperationStore store,
    PlanReport planReport,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<OperationRunner> log)
{
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SettleInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>What would be done, from a fresh view. Changes nothing.</summary>
    public async Task<Answer<OperationReport>> DryRunAsync(ChangeRequest request, CancellationToken cancel) =>
        await DecideAsync(request, null, cancel) switch
        {
            Plan plan => planReport.For(plan, "dry-run", time.GetUtcNow()) with { State = OperationState.Done },
            Refused refused => refused.Why,
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };

    /// <summary>Begins an operation, or says why not.</summary>
    public async Task<Answer<Operation>> BeginAsync(ChangeRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        var id = NewId();
        var begun = false;
        live.Begin(id);
        try
        {
            if (await clusterLock.TakeAsync(new(id, options.Node, boot.Id, request.Words), cancel) is { } busy)
                return busy;
            var decision = await DecideAsync(request, id, cancel);
            if (decision is Plan { Stages.Count: 0 })
                decision = await DecideAsync(request, id, cancel); // a server killed this very moment may have looked alive: done must be seen twice
            switch (decision)
            {
                case Refused refused:
                    LogRefused(request.Words, refused.Why.Message);
                    return refused.Why;
                case Plan plan:
                    var operation = Begin(plan, id);
                    begun = true;
                    return operation;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
        finally
        {
            if (!begun)
                await ReleaseAsync(id);
        }
    }

    private async Task<Decision> DecideAsync(ChangeRequest request, string? operation, CancellationToken cancel)
    {
        var view = await ObserveSettledAsync(cancel);
        var unlocked = operation is null ? null : CommonRules.RefuseUnlocked(view, operation);
        if ((unlocked ?? CommonRules.Refuse(request, view)) is { } refusal)
            return new Refused(refusal);
        var focus = Planner.Focus(request, view);
        var wal = focus is null ? WalView.None : await cluster.CompareWalAsync(view, focus, cancel);
        return Planner.Decide(request, view, wal);
    }

    /// <summary>A server on its way down is gone in a moment (the children of a killed one, too): worth waiting for before anything is decided.</summary>
    private async Task<ClusterView> ObserveSettledAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var view = await cluster.ObserveAsync(fresh: true, cancel);
            if (view.Nodes.All(n => n.Server != ServerStatus.ShuttingDown) || time.GetElapsedTime(begun) > SettleWithin)
                return view;
            await Task.Delay(SettleInterval, time, cancel);
        }
    }

    private Operation Begin(Plan plan, string id)
    {
        var operation = new Operation(planReport.For(plan, id, time.GetUtcNow()));
        store.Begin(operation.Report);
        LogBegun(id, plan.Goal, plan.Stages.Sum(s => s.Count));
        _ = Task.Run(() => RunAsync(operation, plan, lifetime.ApplicationStopping));
        return operation;
    }

    private async Task RunAsync(Operation operation, Plan plan, CancellationToken cancel)
    {
        try
        {
            var failure = await stageRunner.RunAsync(operation, plan.Stages, 0, cancel);
            var (view, missing) = failure is null ? await outcomes.AwaitAsync(plan.Outcomes, cancel) : default;
            if (failure is null)
                Finish(operation, missing is null ? OperationState.Done : OperationState.Failed, missing is null ? null : InForce(missing, view));
            else
                view = await UndoAsync(operation, plan, failure, cancel);
            await ReleaseAsync(operation.Report.Id);
            operation.End(view!);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            Finish(operation, OperationState.Interrupted, new(Code.StepFailed, "the agent was stopped while the operation ran", "repeat the call"));
            operation.End(await cluster.ObserveAsync(fresh: false, CancellationToken.None));
        }
        catch (Exception e)
        {
            // A bug or failed I/O: the operation must not look as if it were still running, and whoever waits must hear of it.
            LogBroken(operation.Report.Id, e);
            Finish(operation, OperationState.Failed, new(Code.StepFailed, e.Message, "look at the agent's log; the call can be repeated"));
            operation.Break(e);
        }
        finally
        {
            await ReleaseAsync(operation.Report.Id);
        }
    }

    private async Task ReleaseAsync(string operation)
    {
        await clusterLock.ReleaseAsync(operation, CancellationToken.None);
        live.End(operation);
    }

    /// <summary>Before any node may have become writable, what was done is undone by a plan made from a fresh view.</summary>
    private async Task<ClusterView> UndoAsync(Operation operation, Plan plan, StageFailure failure, CancellationToken cancel)
    {
        var (undone, how) = failure switch
        {
            { ChangedSomething: false } => (false, "nothing was changed"),
            { MayBeUndone: true } when plan.Undo is { } undo => await UndoAsync(operation, undo, plan.Stages.Count + 1, cancel),
            _ => (false, null),
        };
        var view = await cluster.ObserveAsync(fresh: true, cancel);
        var why = how is null ? failure.Why : failure.Why with { Message = $"{failure.Why.Message}; {how}" };
        Finish(operation, undone ? OperationState.Undone : OperationState.Failed, failure.ChangedSomething ? InForce(why, view) : why);
        return view;
    }

    /// <summary>Whether all is as it was before, in words too.</summary>
    private async Task<(bool Undone, string? How)> UndoAsync(Operation operation, ChangeRequest undo, int firstStage, CancellationToken cancel)
    {
        var decision = await DecideAsync(undo with { IsUndo = true }, operation.Report.Id, cancel);
        if (decision is not Plan back)
            return (false, $"undoing it was refused: {((Refused)decision).Why.Message}");
        var first = operation.Report.Steps.Count;
        store.Update(operation, r => r with { Steps = [.. r.Steps, .. planReport.Steps(back, firstStage)] });
        var stopped = (await stageRunner.RunAsync(operation, back.Stages, first, cancel))?.Why ?? (await outcomes.AwaitAsync(back.Outcomes, cancel)).Missing;
        return stopped is null ? (true, "what had been done was undone") : (false, $"undoing it stopped at: {stopped.Message}");
    }

    private static Refusal InForce(Refusal why, ClusterView view) => why with
    {
        Message = $"{why.Message}. In force now: {string.Join(", ", view.Nodes.Select(n => $"{n.Node} {n.State}"))}",
    };

    private void Finish(Operation operation, OperationState state, Refusal? failure)
    {
        var report = store.Update(operation, r => r with { State = state, Failure = failure, Ended = time.GetUtcNow() });
        LogEnded(report.Id, report.Goal, state, failure?.Message ?? "");
    }

    private string NewId() =>
        time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture) + "-" + Guid.NewGuid().ToString("N")[..6];

    [LoggerMessage(Level = LogLevel.Information, Message = "{Operation}: {Goal}: begun, {Steps} steps")]
    private partial void LogBegun(string operation, string goal, int steps);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Operation}: {Goal}: {State} {Why}")]
    private partial void LogEnded(string operation, string goal, OperationState state, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Operation}: broken")]
    private partial void LogBroken(string operation, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "refused: {Goal}: {Why}")]
    private partial void LogRefused(string goal, string why);
}
