using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>What becomes of an operation that stopped before its goal.</summary>
public sealed partial class OperationRunner
{
    /// <summary>A step failed, or the operator ended the operation: what is to be done is decided from a fresh view.</summary>
    private async Task<ClusterView> HaltAsync(Operation operation, Plan plan, StageFailure failure, CancellationToken cancel)
    {
        var view = await cluster.ObserveAsync(fresh: true, cancel);
        var halt = HaltReading.Of(operation.Report, failure.Abandoned ? HaltCause.Abandoned : HaltCause.StepFailed, clock) with
        {
            Reach = failure.Reach,
            ConnectionLost = failure.Why.Code == Code.PeerUnreachable,
        };
        var told = failure.Abandoned ? null : failure.Why.Message;
        switch (HaltRules.WhileLive(halt, view))
        {
            case TakeUp:
                if (failure.Abandoned)
                    store.Update(operation, r => r with { Undoing = true }); // whoever takes it up must not reach for its goal
                return await HandOverAsync(operation, failure.Why, cancel, told);
            case Try { Ways: [var way, ..] }:
                return await UndoAsync(operation, plan, way.Asked, failure, cancel);
            case Leave { NothingToUndo: true } nothing:
                Finish(operation, failure.Abandoned ? OperationEvent.WasUndone : OperationEvent.Failed, Add(failure.Why, nothing.Why), told);
                return view;
            case Leave leave:
                Finish(operation, OperationEvent.Failed, InForce(Add(failure.Why, leave.Why), view), told);
                return view;
            case var other:
                throw new System.Diagnostics.UnreachableException(other.ToString());
        }
    }

    /// <summary>An agent was lost under a step: without the locks, which that agent has forgotten, it is waited for, and then planned anew.</summary>
    private async Task<ClusterView> HandOverAsync(Operation operation, Refusal why, CancellationToken cancel, string? told = null)
    {
        Finish(operation, OperationEvent.LostAgent, why, told);
        await ReleaseAsync(operation.Report.Id);
        await TakeUpAsync(operation, cancel);
        return await cluster.ObserveAsync(fresh: true, cancel);
    }

    /// <summary>Before any node may have become writable, what was done is undone by a plan made from a fresh view.</summary>
    private async Task<ClusterView> UndoAsync(Operation operation, Plan plan, MandatedRequest undo, StageFailure failure, CancellationToken cancel)
    {
        var undone = false;
        string? stopped = null;
        // A node that was out of reach when the locks were taken may be back: it must not keep the old primary down.
        var held = new OperationLock(operation.Report.Id, options.Node, boot.Id, operation.Report.Goal, options.Identity, undo.Regardless);
        await Task.WhenAll(cluster.Nodes.Select(n => clusterLock.TakeAsync(held, n.Name, cancel)));
        var (decision, view) = await fresh.MakeAsync(undo.AsUndo(), operation.Report.Id, cancel);
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
            (decision, view) = await fresh.MakeAsync(undo.AsUndo(), operation.Report.Id, cancel);
        }
        var how = undone ? "what had been done was undone"
            : decision is Refused refused ? $"undoing it was refused: {refused.Why.Message}" : $"undoing it stopped at: {stopped}";
        Finish(operation, undone ? OperationEvent.WasUndone : OperationEvent.Failed, InForce(Add(failure.Why, how), view), failure.Abandoned ? null : failure.Why.Message);
        return view;
    }
}
