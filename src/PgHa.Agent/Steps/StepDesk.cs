using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Steps;

/// <summary>
/// The protocol of a step on this node: the lock of its operation, one step at a time, a bound, a trace, and what fails is an answer.
/// In between <see cref="StepRun"/> looks, asks the rules, and lets the hands act.
/// </summary>
internal sealed partial class StepDesk(
    string node, ClusterIdentity identity, NodeLock nodeLock, IHands hands, StepRun run, StepProgress progress, TimeProvider time, ILogger<StepDesk> log) : IActingNode
{
    private readonly OneAtATime _steps = new();
    private readonly CarriedOut _carriedOut = new();

    public string Name => node;

    public async Task<Answer<LockAnswer>> LockAsync(OperationLock wanted, CancellationToken cancel)
    {
        if (AgreementRules.RefuseLock(Name, identity, wanted) is { } refusal)
            return refusal;
        var answer = nodeLock.Take(wanted);
        if (answer.Granted)
            await nodeLock.EndUpkeepAsync(cancel);
        return answer;
    }

    public Task UnlockAsync(string operation, CancellationToken cancel)
    {
        nodeLock.Release(operation);
        return Task.CompletedTask;
    }

    public Task<StepResult> RunAsync(Step step, StepOrder order, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(step);
        return step.Checks && order.Operation == Step.DryRun ? CarryOutAsync(step, order.Operation, cancel) : RunUnderLockAsync(step, order, cancel);
    }

    /// <summary>Carries out a step that another agent sent, unless the two disagree about the cluster.</summary>
    internal Task<StepResult> RunForAsync(Step step, StepOrder order, string? digest, CancellationToken cancel)
    {
        var holder = nodeLock.Holder is { } held && held.Operation == order.Operation ? held : null;
        return TellAsync(step, holder?.Owner ?? "an agent without a lock", order.Operation, () =>
            AgreementRules.RefuseStep(Name, identity, step, digest, holder) is { } refusal
                ? Task.FromResult(StepResult.Failed(refusal, neverWritable: true))
                : RunAsync(step, order, cancel));
    }

    /// <summary>Carries out a step that an operator called by hand.</summary>
    internal Task<StepResult> RunByHandAsync(Step step, string operation, CancellationToken cancel) =>
        TellAsync(step, "an operator", operation, () => RunAsync(step, operation, cancel));

    /// <summary>Removes what a step that was broken off left beside the data directory; null, or why that failed.</summary>
    internal async Task<Refusal?> RemoveLeftoversAsync(CancellationToken cancel)
    {
        using var alone = await _steps.EnterAsync(cancel);
        return hands.Data.RemoveLeftovers();
    }

    private async Task<StepResult> RunUnderLockAsync(Step step, StepOrder order, CancellationToken cancel)
    {
        using var alone = await _steps.EnterAsync(cancel);
        if (_carriedOut.Find(order) is { } known)
            return known;
        var entered = nodeLock.Enter(order.Operation);
        try
        {
            if (!entered)
                return StepResult.Failed(new(Code.Busy, $"operation {order.Operation} does not hold the lock of {node}", "repeat the call"), neverWritable: true);
            _carriedOut.Begin(order);
            hands.Begin(step, order.Operation);
            var result = await CarryOutAsync(step, order.Operation, cancel);
            _carriedOut.End(order, result);
            return result;
        }
        finally
        {
            progress.Text = null;
            if (entered)
            {
                hands.End(step);
                nodeLock.Leave();
            }
        }
    }

    /// <summary>What fails is said, and is an answer.</summary>
    private async Task<StepResult> CarryOutAsync(Step step, string operation, CancellationToken cancel)
    {
        using var bound = new CancellationTokenSource(step.Bound, time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel, bound.Token);
        try
        {
            return await run.RunAsync(step, operation, bounded.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return StepResult.Failed(Code.StepFailed, $"not finished after {step.Bound.TotalMinutes} minutes", $"look at the server log of {node}");
        }
        catch (Exception e) when (hands.Explain(e) is { } why)
        {
            return StepResult.Failed(why);
        }
    }

    /// <summary>Whoever ordered the step has a log of its own; this one says what was done here.</summary>
    private async Task<StepResult> TellAsync(Step step, string whom, string operation, Func<Task<StepResult>> carryOut)
    {
        var begun = time.GetTimestamp();
        try
        {
            var result = await carryOut();
            var took = time.GetElapsedTime(begun).TotalMilliseconds;
            if (result.Failure is { } failure)
                LogFailed(operation, whom, step.Words, took, failure.Message);
            else
                LogDone(operation, whom, step.Words, took, result.Evidence);
            return result;
        }
        catch (Exception e)
        {
            LogFailed(operation, whom, step.Words, time.GetElapsedTime(begun).TotalMilliseconds, e is OperationCanceledException ? "who ordered it has gone" : e.Message);
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Operation}: for {Whom}: {Step}: done in {Milliseconds:F1} ms: {Evidence}")]
    private partial void LogDone(string operation, string whom, string step, double milliseconds, string evidence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Operation}: for {Whom}: {Step}: failed after {Milliseconds:F1} ms: {Why}")]
    private partial void LogFailed(string operation, string whom, string step, double milliseconds, string why);
}

/// <summary>Puts a desk together.</summary>
internal static class StepDesks
{
    internal static StepDesk Make(
        string node, ClusterIdentity identity, ClusterObserver cluster, NodeLock nodeLock, IHands hands, IWriteRight right, StepProgress progress, TimeProvider time, ILogger<StepDesk> log)
    {
        var sights = new StepSights(node, cluster, nodeLock, hands, time);
        var reserving = new Reserving(node, hands, right);
        var starting = new Starting(node, hands, sights, right, reserving, time);
        var handover = new HandingOver(node, hands, sights, starting, right, reserving, time);
        var run = new StepRun(hands, sights, right, starting, new(node, hands, sights, time), handover, new(node, hands, sights, starting), new(node, hands, sights, right, starting, time));
        return new(node, identity, nodeLock, hands, run, progress, time, log);
    }
}
