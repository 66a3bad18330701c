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
    ActingNodes nodes,
    ClusterLock clusterLock,
    FreshDecision fresh,
    StageRunner stageRunner,
    OutcomeWatch outcomes,
    OperationStore store,
    PlanReport planReport,
    Resumption resumption,
    IHostApplicationLifetime lifetime,
    UniqueName name,
    MachineClock clock,
    TimeProvider time,
    ILogger<OperationRunner> log)
{
    private const int UndoAttempts = 3;
    private readonly ConcurrentDictionary<string, Operation> _running = new();

    /// <summary>An operation has ended in this run of the agent, however it ended. Must not throw.</summary>
    public event Action<OperationReport>? Ended;

    /// <summary>An operation that has not ended, or null.</summary>
    public Operation? Find(string id) => _running.GetValueOrDefault(id);

    /// <summary>What would be done, from a fresh view, after the checks it begins with. Changes nothing, and takes no lock.</summary>
    public async Task<Answer<OperationReport>> DryRunAsync(MandatedRequest request, CancellationToken cancel) =>
        (await fresh.MakeAsync(request, null, cancel)).Decision switch
        {
            Plan plan => await CheckedAsync(plan, cancel),
            Refused refused => refused.Why,
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };

    private async Task<Answer<OperationReport>> CheckedAsync(Plan plan, CancellationToken cancel)
    {
        var report = planReport.For(plan, Step.DryRun, time.GetUtcNow(), OperationEvent.Shown);
        var checks = plan.Stages.TakeWhile(stage => stage.All(step => step.Checks)).SelectMany(stage => stage).ToArray();
        var results = await Task.WhenAll(checks.Select(check => nodes[check.Node].RunAsync(check, Step.DryRun, cancel)));
        return Array.FindIndex(results, r => r.Failure is not null) is >= 0 and var failed
            ? StageRunner.Explain(checks[failed], results[failed].Failure!)
            : report with { Steps = [.. report.Steps.Select((step, i) => i < results.Length ? Checked(step, results[i]) : step)] };
    }

    private static StepReport Checked(StepReport step, StepResult result) =>
        StepTransitions.Apply(StepTransitions.Apply(step, StepEvent.Begun), StepEvent.Succeeded) with { Evidence = result.Evidence };

    /// <summary>Begins an operation, or says why not.</summary>
    public async Task<Answer<Operation>> BeginAsync(MandatedRequest request, Conduct conduct, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(conduct);
        request = Inherit(request, conduct);
        var id = NewId();
        var begun = false;
        live.Begin(id);
        try
        {
            if (await clusterLock.TakeAsync(new(id, options.Node, boot.Id, request.Words, options.Identity, request.Regardless), cancel, pastAway: conduct.ByRules) is { } busy)
                return busy;
            var (decision, view) = await fresh.MakeAsync(request, id, cancel);
            if (decision is Plan { Stages.Count: 0 })
                (decision, view) = await fresh.MakeAsync(request, id, cancel); // a server killed this very moment may have looked alive: done must be seen twice
            switch (decision)
            {
                case Refused refused:
                    if (!conduct.Quiet)
                        LogRefused(request.Words, refused.Why.Message);
                    return refused.Why;
                case Plan plan:
                    var operation = Begin(planReport.Begun(request, plan, view, id, conduct, time.GetUtcNow()) with { BegunAt = clock.Now }, plan);
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

    /// <summary>Begins what nobody asked for, after whatever an earlier run of the agent left half done.</summary>
    public async Task<Answer<Operation>> BeginUnaskedAsync(MandatedRequest request, string reason, CancellationToken cancel, bool byRules = false) => !byRules && store.All.FirstOrDefault(RepeatRules.IsOpen) is { } open
        ? new Refusal(Code.Busy, $"operation {open.Id} is not concluded: {open.Goal}", "wait for it")
        : await BeginAsync(request, Conduct.Unasked with { Reason = reason, ByRules = byRules }, cancel);

    /// <summary>
    /// What the operation that is taken up had demoted, or set, is taken back by whoever takes it up, too, unless a node may have become writable by then: what was there before only that
    /// operation has seen.
    /// </summary>
    private MandatedRequest Inherit(MandatedRequest request, Conduct conduct) =>
        conduct is { Undoing: false, Resumes: { } older } && store.Find(older) is { } report
        && HaltReading.Of(report, HaltCause.Interrupted, clock) is { Reach: < Reach.MayBeWritable, Undo: { Request: UndoDemotion or ChangeSettings } undo }
            ? request with { Mandate = request.Mandate with { Inherited = undo } } : request;

    /// <summary>Takes up what an earlier run of this agent left half done. Returns at once.</summary>
    public void TakeUpInterrupted()
    {
        if (store.Unread.Count > 0)
            LogUnread(store.Unread.Count, store.Unread[0]);
        if (resumption.FindInterrupted() is { } interrupted)
            _ = BeginTakingUpAsync(new Operation(interrupted), lifetime.ApplicationStopping);
    }

    private async Task BeginTakingUpAsync(Operation interrupted, CancellationToken cancel)
    {
        await Task.Yield();
        await TakeUpAsync(interrupted, cancel);
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
            if (store.Find(interrupted.Report.Id) is { } open && RepeatRules.IsOpen(open))
                resumption.Conclude(interrupted, RecoveryState.Reported, $"taking it up broke: {e.Message}; look at the agent's log", null);
        }
    }

    private Operation Begin(OperationReport report, Plan plan)
    {
        var begun = time.GetTimestamp();
        report = store.Begin(report);
        var operation = new Operation(report, report.Stepwise ? new StepGate(time) : null, begun);
        _running[report.Id] = operation;
        LogBegun(report.Id, plan.Goal, plan.Stages.Sum(s => s.Count));
        _ = RunAsync(operation, plan, lifetime.ApplicationStopping);
        return operation;
    }

    /// <summary>To its end, whatever that is: whoever waits hears of it last, and may go on within this call.</summary>
    private async Task RunAsync(Operation operation, Plan plan, CancellationToken cancel)
    {
        await Task.Yield(); // whoever begins it need not carry it out
        var (last, broken) = await CarryOutAsync(operation, plan, cancel);
        try
        {
            await ReleaseAsync(operation.Report.Id);
        }
        finally
        {
            _running.TryRemove(operation.Report.Id, out _);
            if (last is not null)
                operation.End(last);
            else
                operation.Break(broken!);
        }
    }

    /// <summary>The view seen last, or what broke it.</summary>
    private async Task<(ClusterView? Last, Exception? Broken)> CarryOutAsync(Operation operation, Plan plan, CancellationToken cancel)
    {
        try
        {
            return (await CarryOutOrInterruptAsync(operation, plan, cancel), null);
        }
        catch (Exception e)
        {
            // A bug or failed I/O: the operation must not look as if it were still running, and whoever waits must hear of it.
            LogBroken(operation.Report.Id, e);
            if (RepeatRules.IsOpen(operation.Report))
                Finish(operation, OperationEvent.Broke, new(Code.StepFailed, e.Message, "look at the agent's log; the call can be repeated"));
            return (null, e);
        }
    }

    private async Task<ClusterView> CarryOutOrInterruptAsync(Operation operation, Plan plan, CancellationToken cancel)
    {
        try
        {
            return await stageRunner.RunAsync(operation, plan.Stages, 0, operation.Gate, cancel) is { } failure
                ? await HaltAsync(operation, plan, failure, cancel)
                : await VerifyAsync(operation, plan, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            Interrupt(operation);
            return await cluster.ObserveAsync(fresh: false, CancellationToken.None);
        }
    }

    /// <summary>The agent ends. One that waited for a lost agent was interrupted before, and what came of it may be known already.</summary>
    private void Interrupt(Operation operation)
    {
        if (RepeatRules.IsOpen(operation.Report))
            Finish(operation, OperationEvent.AgentEnded, new(Code.StepFailed, "the agent was stopped while the operation ran", "it is taken up when the agent runs again"));
        else
            store.Update(operation, r => r with { Call = RepeatRules.Lost(r.Call) });
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
        foreach (var late in plan.Outcomes.Where(o => o.Certain && !OutcomeRules.IsDemanded(o, view) && !OutcomeRules.Holds(o, view)))
            store.Update(operation, r => r with { Evidence = [.. r.Evidence, new IsNotWaitedFor(late.Node).Words] });
        Finish(operation, missing is null ? OperationEvent.ReachedGoal : OperationEvent.Failed, missing is null ? null : InForce(missing, view), left: view);
        return view;
    }

    private async Task<OutcomeEnd> AwaitAsync(Operation operation, IReadOnlyList<Outcome> promised, CancellationToken cancel)
    {
        operation.OnlyWaits = true;
        return await outcomes.AwaitAsync(promised, operation.Abandoned, UnlockAsync, cancel);

        async Task UnlockAsync()
        {
            await clusterLock.ReleaseAsync(operation.Report.Id, CancellationToken.None);
            store.Update(operation, r => r with { Evidence = [.. r.Evidence, new LocksGivenBack().Words] });
        }
    }

    private static Refusal Add(Refusal why, string more) => why with { Message = $"{why.Message}; {more}" };

    private static Refusal InForce(Refusal why, ClusterView view) => why with { Message = $"{why.Message}. {view.InForce}" };

    /// <param name="operation">The operation.</param>
    /// <param name="how">How it ended.</param>
    /// <param name="failure">What is answered, if it did not reach its goal.</param>
    /// <param name="told">The beginning of that which the log has already, where a step failed.</param>
    /// <param name="left">The nodes as it left them, where it reached its goal.</param>
    private void Finish(Operation operation, OperationEvent how, Refusal? failure, string? told = null, ClusterView? left = null)
    {
        var report = store.Move(operation, how, r => StageRunner.NothingImminent(r) with
        {
            Failure = failure,
            Ended = time.GetUtcNow(),
            EndedAt = clock.Now,
            WaitsUntil = null,
            Call = how is OperationEvent.LostAgent or OperationEvent.AgentEnded && lifetime.ApplicationStopping.IsCancellationRequested ? RepeatRules.Lost(r.Call) : r.Call,
            Left = left?.Nodes.ToDictionary(n => n.Node, n => n.State) ?? r.Left,
        });
        Ended?.Invoke(report);
        LogEnded(report.State == OperationState.Done ? LogLevel.Information : LogLevel.Warning, report.Id, report.Goal, report.State, failure?.Message[(told?.Length ?? 0)..].TrimStart(';', '.', ' ') ?? "");
    }

    private string NewId() =>
        time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture) + "-" + name()[..6];

    [LoggerMessage(Level = LogLevel.Information, Message = "{Operation}: {Goal}: begun, {Steps} steps")]
    private partial void LogBegun(string operation, string goal, int steps);

    [LoggerMessage(Message = "{Operation}: {Goal}: {State} {Why}")]
    private partial void LogEnded(LogLevel level, string operation, string goal, OperationState state, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} files of the journal are not understood; they stay where they are, and what they tell of is not taken up ({First} first)")]
    private partial void LogUnread(int count, string first);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Operation}: broken")]
    private partial void LogBroken(string operation, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "refused: {Goal}: {Why}")]
    private partial void LogRefused(string goal, string why);
}
