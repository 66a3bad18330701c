using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>A running or finished operation: its report so far, and the moment it ends.</summary>
public sealed class Operation(OperationReport report, StepGate? gate = null, long begun = 0)
{
    private readonly TaskCompletionSource<ClusterView> _ended = new();
    private readonly TaskCompletionSource _abandoned = new();
    private volatile OperationReport _report = report;

    /// <summary>What is known of it now. <see cref="OperationStore"/> alone changes it.</summary>
    public OperationReport Report
    {
        get => _report;
        internal set => _report = value;
    }

    /// <summary>When it began, on the monotonic clock.</summary>
    public long Begun { get; } = begun;

    /// <summary>Where a stepwise operation waits; null for others, and once it has ended: its locks may still be on their way back then.</summary>
    public StepGate? Gate => RepeatRules.IsOpen(Report) ? gate : null;

    /// <summary>Completes with the view seen last when the operation has ended, however it ended.</summary>
    public Task<ClusterView> Ended => _ended.Task;

    /// <summary>All of its steps are done, and it waits for what they are to bring about.</summary>
    public bool OnlyWaits { get; set; }

    /// <summary>Completes when its operator ends that wait.</summary>
    public Task Abandoned => _abandoned.Task;

    /// <summary>Ends the wait for the outcome.</summary>
    public void Abandon() => _abandoned.TrySetResult();

    /// <summary>Tells those who wait; they may go on within this call.</summary>
    public void End(ClusterView last) => _ended.TrySetResult(last);

    /// <summary>Tells those who wait that it broke; they may go on within this call.</summary>
    public void Break(Exception why) => _ended.TrySetException(why);
}
