using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>
/// Takes up an operation that lost its agent, or another one it needs: waits, bounded and without any lock, until it can be decided
/// what to do, and carries that out as a new operation. What comes of it is kept with the interrupted one.
/// </summary>
public sealed partial class Resumption(ClusterObserver cluster, OperationStore store, MachineClock clock, TimeProvider time, ILogger<Resumption> log)
{
    /// <summary>How often an operation is taken up, each time after another loss.</summary>
    public const int MaxAttempts = 3;

    /// <summary>A program that the lost agent had started (pg_ctl) may be about to start a server: not before this is a view worth anything.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>After a refusal: each try takes the locks and compares WAL.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Within = TimeSpan.FromHours(1);

    /// <summary>The operation an earlier run of this agent left half done, if it was the last one; older ones are only reported.</summary>
    public OperationReport? FindInterrupted()
    {
        var newest = store.All.FirstOrDefault();
        var line = newest is null ? [] : Line(newest).Select(r => r.Id).ToHashSet();
        while (store.All.FirstOrDefault(r => IsOpen(r) && !line.Contains(r.Id)) is { } older) // looked for anew: those that it took up are concluded with it
            Conclude(new Operation(older), RecoveryState.Reported, $"operation {newest!.Id} ran on this agent after it", null);
        if (newest is null || IsOpen(newest))
            return newest;
        // The agent ended between the end of an operation and what that makes of the one it had taken up.
        if (Line(newest).Skip(1).FirstOrDefault(IsOpen) is { } left && Verdict(newest) is var (state, message))
            Conclude(new Operation(left), state, message, newest.Id);
        return null;
    }

    /// <summary>Takes an interrupted operation up, to the end.</summary>
    /// <param name="interrupted">The operation; it holds no lock any more.</param>
    /// <param name="begin">Begins the operation that is to take it up.</param>
    /// <param name="cancel">Ends the wait; the next run of the agent goes on.</param>
    public async Task RunAsync(
        Operation interrupted, Func<MandatedRequest, Conduct, CancellationToken, Task<Answer<Operation>>> begin, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(interrupted);
        ArgumentNullException.ThrowIfNull(begin);
        var begun = time.GetTimestamp();
        await Task.Delay(Grace, time, cancel);
        while (true)
        {
            var view = await cluster.ObserveAsync(fresh: true, cancel);
            var late = time.GetElapsedTime(begun) > Within;
            var halt = HaltReading.Of(interrupted.Report, HaltCause.Interrupted, clock);
            var pause = Interval;
            switch (HaltRules.AfterLoss(halt, view, time.GetElapsedTime(begun)))
            {
                case Leave leave:
                    Conclude(interrupted, leave.NothingToUndo ? RecoveryState.Undone : RecoveryState.Reported, $"{leave.Why}. {view.InForce}", null);
                    return;
                case Try when Line(interrupted.Report).Count() > MaxAttempts:
                    Conclude(interrupted, RecoveryState.Reported, $"it was taken up {MaxAttempts} times. {view.InForce}; repeat the call", null);
                    return;
                case Try attempt:
                    if (await TryAsync(interrupted, attempt.Ways, begin, cancel) is not { } refusal)
                        return;
                    if (late || !MayPass(refusal, view))
                    {
                        Conclude(interrupted, RecoveryState.Reported, $"it can neither be finished nor undone: {refusal}. {view.InForce}", null);
                        return;
                    }
                    Wait(interrupted, refusal.Message);
                    pause = RetryInterval;
                    break;
                case Await wait when late:
                    Conclude(interrupted, RecoveryState.Reported, $"given up: {wait.Why}. {view.InForce}; repeat the call", null);
                    return;
                case Await wait:
                    Wait(interrupted, wait.Why);
                    break;
            }
            await Task.Delay(pause, time, cancel);
        }
    }

    /// <summary>Keeps what came of it, with the operation and with those it took up itself.</summary>
    public void Conclude(Operation interrupted, RecoveryState state, string message, string? by)
    {
        ArgumentNullException.ThrowIfNull(interrupted);
        var what = OperationTransitions.Concluding(state);
        var report = store.Recover(interrupted, what, message, by);
        LogConcluded(report.Id, report.Goal, state, message);
        foreach (var older in Line(report).Skip(1).Where(IsOpen))
        {
            store.Recover(new Operation(older), what, message, older.Recovery?.Operation ?? by ?? report.Id);
            LogConcluded(older.Id, older.Goal, state, message);
        }
    }

    /// <summary>Carries out the first way that can be planned; null when one was begun, else why the last was refused.</summary>
    private async Task<Refusal?> TryAsync(
        Operation interrupted, IReadOnlyList<Way> ways, Func<MandatedRequest, Conduct, CancellationToken, Task<Answer<Operation>>> begin, CancellationToken cancel)
    {
        Refusal? refusal = null;
        foreach (var way in ways)
        {
            var begun = await BegunAsync(() => begin(way.Asked, new Conduct { Resumes = interrupted.Report.Id, Undoing = way.Undoes }, cancel));
            if (begun.IsOk)
            {
                await FollowAsync(interrupted, begun.Value, cancel);
                return null;
            }
            refusal = begun.Refusal;
            if (refusal.Code == Code.Busy)
                break; // the goal is not given up for the undo only because somebody else is at work
        }
        return refusal;
    }

    /// <summary>A disk that is full now has room again later: the operation is not given up for it.</summary>
    private static async Task<Answer<Operation>> BegunAsync(Func<Task<Answer<Operation>>> begin)
    {
        try
        {
            return await begin();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Refusal(Code.Busy, $"no operation begins without its journal, which cannot be written: {e.Message}", "make room in state_dir");
        }
    }

    private async Task FollowAsync(Operation interrupted, Operation second, CancellationToken cancel)
    {
        store.Recover(interrupted, OperationEvent.RecoveryBegun, $"taken up: {second.Report.Goal}", second.Report.Id);
        LogTakenUp(interrupted.Report.Id, second.Report.Id, second.Report.Goal);
        await Task.WhenAny(second.Ended).WaitAsync(cancel); // however it ended: its report says
        if (IsOpen(store.Find(interrupted.Report.Id) ?? interrupted.Report) && Verdict(second.Report) is var (state, message)) // what took the second up may have concluded both
            Conclude(interrupted, state, message, second.Report.Id);
    }

    /// <summary>What the second operation made of the first; null while it is open itself.</summary>
    internal static (RecoveryState State, string Message)? Verdict(OperationReport second) => second switch
    {
        { State: OperationState.Done } => (second.Undoing ? RecoveryState.Undone : RecoveryState.Completed, second.Goal),
        { State: OperationState.Undone } => (RecoveryState.Undone, second.Failure!.Message),
        { State: OperationState.Interrupted, Recovery: { Ended: true } own } => (own.State, own.Message),
        { State: OperationState.Interrupted } => null,
        _ => (RecoveryState.Reported, second.Failure?.ToString() ?? "it failed"),
    };

    /// <summary>Whether a refusal may be gone in a while: somebody is at work, a node is unknown, or agents are being restarted with another configuration.</summary>
    private static bool MayPass(Refusal refusal, ClusterView view) =>
        refusal.Code is Code.Busy or Code.PeerUnreachable || view.Nodes.Any(n => n.State == NodeState.Unknown) || AgreementRules.Refuse(view) is not null;

    private void Wait(Operation interrupted, string why)
    {
        if (interrupted.Report.Recovery?.Message != why)
            store.Recover(interrupted, OperationEvent.RecoveryWaits, why);
    }

    private static bool IsOpen(OperationReport report) => report.State == OperationState.Interrupted && OperationStanding.Of(report).IsOpen;

    /// <summary>The operation, the one it took up, the one that one took up, and so on.</summary>
    private IEnumerable<OperationReport> Line(OperationReport report)
    {
        for (OperationReport? each = report; each is not null; each = each.Resumes is { } older ? store.Find(older) : null)
            yield return each;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Operation} was interrupted and is taken up as {Second}: {Goal}")]
    private partial void LogTakenUp(string operation, string second, string goal);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Operation}: {Goal}: interrupted, now {State}: {Message}")]
    private partial void LogConcluded(string operation, string goal, RecoveryState state, string message);
}
