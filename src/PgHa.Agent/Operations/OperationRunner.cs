using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>
/// From a request to its end: lock, observe, decide, carry out, verify. An operation goes on when the caller has left. One that ends
/// with its agent, or loses an agent it needs, is taken up again (<see cref="Resumption"/>).
/// </summary>
public sealed partial class OperationRunner(
    AgentOptions options,
    AgentBoot boot,
    LiveOperations live,
    ClusterObserver cluster,
    ClusterLock clusterLock,
    FreshDecision fresh,
    StageRunner stageRunner,
    OutcomeWatch outcomes,
    OperationStore store,
    PlanReport planReport,
    Resumption resumption,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<OperationRunner> log)
{
    private const int UndoAttempts = 3;
    private readonly ConcurrentDictionary<string, Operation> _running = new();

    /// <summary>An operation that has not ended, or null.</summary>
    public Operation? Find(string id) => _running.GetValueOrDefault(id);

    /// <summary>What would be done, from a fresh view. Changes nothing.</summary>
    public async Task<Answer<OperationReport>> DryRunAsync(ChangeRequest request, CancellationToken cancel) =>
        (await fresh.MakeAsync(request, null, cancel)).Decision switch
        {
            Plan plan => planReport.For(plan, "dry-run", time.GetUtcNow()) with { State = OperationState.Done },
            Refused refused => refused.Why,
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };

    /// <summary>Begins an operation, or says why not.</summary>
    public async Task<Answer<Operation>> BeginAsync(ChangeRequest request, Conduct conduct, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(conduct);
        var id = NewId();
        var begun = false;
        live.Begin(id);
        try
        {
            if (await clusterLock.TakeAsync(new(id, options.Node, boot.Id, request.Words, options.Identity, request.Regardless), cancel) is { } busy)
                return busy;
            var (decision, view) = await fresh.MakeAsync(request, id, cancel);
            if (decision is Plan { Stages.Count: 0 })
                (decision, view) = await fresh.MakeAsync(request, id, cancel); // a server killed this very moment may have looked alive: done must be seen twice
            switch (decision)
            {
                case Refused refused:
                    LogRefused(request.Words, refused.Why.Message);
                    return refused.Why;
                case Plan plan:
                    plan = Inherit(plan, conduct);
                    var operation = Begin(planReport.Begun(request, plan, view, id, conduct, time.GetUtcNow()), plan);
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

    /// <summary>What the operation that is taken up had demoted is taken back by whoever takes it up, too.</summary>
    private Plan Inherit(Plan plan, Conduct conduct) =>
        conduct is { Undoing: false, Resumes: { } older } && plan.Undo is null or StartNode && RequestForm.Read(store.Find(older)?.Undo) is UndoDemotion undo ? plan with { Undo = undo } : plan;

    /// <summary>Takes up what an earlier run of this agent left half done. Returns at once.</summary>
    public void TakeUpInterrupted()
    {
        if (store.Unread.Count > 0)
            LogUnread(store.Unread.Count, store.Unread[0]);
        if (resumption.FindInterrupted() is { } interrupted)
            _ = Task.Run(() => TakeUpAsync(new Operation(interrupted), lifetime.ApplicationStopping));
    }

    private async Task TakeUpAsync(Operation interrupted, CancellationToken cancel)
    {
        try
        {
            await resumption.RunAsync(interrupted, BeginAsync, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The agent ends; its next run goes on waiting.
        }
        catch (Exception e)
        {
            // A bug or failed I/O: whoever looks at the operation must see that nobody takes it up any more.
            LogBroken(interrupted.Report.Id, e);
            resumption.Conclude(interrupted, RecoveryState.Reported, $"taking it up broke: {e.Message}; look at the agent's log", null);
        }
    }

    private Operation Begin(OperationReport report, Plan plan)
    {
        var operation = new Operation(report, report.Stepwise ? new StepGate(time) : null, time.GetTimestamp());
        store.Begin(report);
        _running[report.Id] = operation;
        LogBegun(report.Id, plan.Goal, plan.Stages.Sum(s => s.Count));
        _ = Task.Run(() => RunAsync(operation, plan, lifetime.ApplicationStopping));
        return operation;
    }

    private async Task RunAsync(Operation operation, Plan plan, CancellationToken cancel)
    {
        try
        {
            var view = await stageRunner.RunAsync(operation, plan.Stages, 0, operation.Gate, cancel) is { } failure
                ? await HaltAsync(operation, plan, failure, cancel)
                : await VerifyAsync(operation, plan, cancel);
            await ReleaseAsync(operation.Report.Id);
            operation.End(view);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            Finish(operation, OperationState.Interrupted, new(Code.StepFailed, "the agent was stopped while the operation ran", "it is taken up when the agent runs again"));
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
            _running.TryRemove(operation.Report.Id, out _);
            await ReleaseAsync(operation.Report.Id);
        }
    }

    private async Task ReleaseAsync(string operation)
    {
        await clusterLock.ReleaseAsync(operation, CancellationToken.None);
        live.End(operation);
    }

    private async Task<ClusterView> VerifyAsync(Operation operation, Plan plan, CancellationToken cancel)
    {
        var (view, missing, over) = await AwaitAsync(operation, plan.Outcomes, cancel);
        if (missing is not null && !over && plan.Outcomes.Any(o => !view[o.Node].Reachable))
            return await HandOverAsync(operation, missing, cancel);
        Finish(operation, missing is null ? OperationState.Done : OperationState.Failed, missing is null ? null : InForce(missing, view));
        return view;
    }

    private async Task<OutcomeEnd> AwaitAsync(Operation operation, IReadOnlyList<Outcome> promised, CancellationToken cancel)
    {
        operation.OnlyWaits = true;
        return await outcomes.AwaitAsync(promised, operation.Abandoned, UnlockAsync, cancel);

        async Task UnlockAsync()
        {
            await clusterLock.ReleaseAsync(operation.Report.Id, CancellationToken.None);
            store.Update(operation, r => r with { Evidence = [.. r.Evidence, "the locks were given back while only the outcome was waited for"] });
        }
    }

    /// <summary>A step failed, or the operator ended the operation: what is to be done is decided from a fresh view.</summary>
    private async Task<ClusterView> HaltAsync(Operation operation, Plan plan, StageFailure failure, CancellationToken cancel)
    {
        var view = await cluster.ObserveAsync(fresh: true, cancel);
        var halt = HaltReading.Of(operation.Report, failure.Abandoned ? HaltCause.Abandoned : HaltCause.StepFailed, time.GetUtcNow()) with
        {
            Changed = failure.ChangedSomething,
            Final = !failure.MayBeUndone,
            ConnectionLost = failure.Why.Code == Code.PeerUnreachable,
        };
        switch (HaltRules.WhileLive(halt, view))
        {
            case TakeUp:
                if (failure.Abandoned)
                    store.Update(operation, r => r with { Undoing = true }); // whoever takes it up must not reach for its goal
                return await HandOverAsync(operation, failure.Why, cancel);
            case Try { Ways: [var way, ..] }:
                return await UndoAsync(operation, plan, way.Request, failure, cancel);
            case Leave { NothingToUndo: true } nothing:
                Finish(operation, failure.Abandoned ? OperationState.Undone : OperationState.Failed, Add(failure.Why, nothing.Why));
                return view;
            case Leave leave:
                Finish(operation, OperationState.Failed, InForce(Add(failure.Why, leave.Why), view));
                return view;
            case var other:
                throw new System.Diagnostics.UnreachableException(other.ToString());
        }
    }

    /// <summary>An agent was lost under a step: without the locks, which that agent has forgotten, it is waited for, and then planned anew.</summary>
    private async Task<ClusterView> HandOverAsync(Operation operation, Refusal why, CancellationToken cancel)
    {
        Finish(operation, OperationState.Interrupted, why);
        await ReleaseAsync(operation.Report.Id);
        await TakeUpAsync(operation, cancel);
        return await cluster.ObserveAsync(fresh: true, cancel);
    }

    /// <summary>Before any node may have become writable, what was done is undone by a plan made from a fresh view.</summary>
    private async Task<ClusterView> UndoAsync(Operation operation, Plan plan, ChangeRequest undo, StageFailure failure, CancellationToken cancel)
    {
        var undone = false;
        string? stopped = null;
        // A node that was out of reach when the locks were taken may be back: it must not keep the old primary down.
        var held = new OperationLock(operation.Report.Id, options.Node, boot.Id, operation.Report.Goal, options.Identity, undo.Regardless);
        await Task.WhenAll(cluster.Nodes.Select(n => clusterLock.TakeAsync(held, n.Name, cancel)));
        var (decision, view) = await fresh.MakeAsync(undo with { IsUndo = true }, operation.Report.Id, cancel);
        for (var attempt = 1; decision is Plan back && !undone; attempt++)
        {
            var first = operation.Report.Steps.Count;
            store.Update(operation, r => r with { Undoing = true, Steps = [.. r.Steps, .. planReport.Steps(back, plan.Stages.Count + 1)] });
            var halted = (await stageRunner.RunAsync(operation, back.Stages, first, null, cancel))?.Why;
            stopped = (halted ?? (await AwaitAsync(operation, back.Outcomes, cancel)).Missing)?.Message;
            undone = stopped is null;
            view = await cluster.ObserveAsync(fresh: true, cancel);
            if (undone || halted?.Code != Code.WrongState || attempt == UndoAttempts)
                break;
            // Somebody else, a supervisor for example, has changed the node since this was planned.
            (decision, view) = await fresh.MakeAsync(undo with { IsUndo = true }, operation.Report.Id, cancel);
        }
        var how = undone ? "what had been done was undone"
            : decision is Refused refused ? $"undoing it was refused: {refused.Why.Message}" : $"undoing it stopped at: {stopped}";
        Finish(operation, undone ? OperationState.Undone : OperationState.Failed, InForce(Add(failure.Why, how), view));
        return view;
    }

    private static Refusal Add(Refusal why, string more) => why with { Message = $"{why.Message}; {more}" };

    private static Refusal InForce(Refusal why, ClusterView view) => why with { Message = $"{why.Message}. {view.InForce}" };

    private void Finish(Operation operation, OperationState state, Refusal? failure)
    {
        var report = store.Update(operation, r => r with { State = state, Failure = failure, Ended = time.GetUtcNow(), WaitsUntil = null });
        LogEnded(report.Id, report.Goal, state, failure?.Message ?? "");
    }

    private string NewId() =>
        time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture) + "-" + Guid.NewGuid().ToString("N")[..6];

    [LoggerMessage(Level = LogLevel.Information, Message = "{Operation}: {Goal}: begun, {Steps} steps")]
    private partial void LogBegun(string operation, string goal, int steps);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Operation}: {Goal}: {State} {Why}")]
    private partial void LogEnded(string operation, string goal, OperationState state, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} files of the journal are not understood; they stay where they are, and what they tell of is not taken up ({First} first)")]
    private partial void LogUnread(int count, string first);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Operation}: broken")]
    private partial void LogBroken(string operation, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "refused: {Goal}: {Why}")]
    private partial void LogRefused(string goal, string why);
}
