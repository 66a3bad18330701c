using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>A running or finished operation: its report so far, and the moment it ends.</summary>
public sealed class Operation(OperationReport report, StepGate? gate = null, long begun = 0)
{
    private readonly TaskCompletionSource<ClusterView> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private OperationReport _report = report;

    /// <summary>What is known of it now.</summary>
    public OperationReport Report
    {
        get { lock (_gate) return _report; }
    }

    /// <summary>When it began, on the monotonic clock.</summary>
    public long Begun { get; } = begun;

    /// <summary>Where a stepwise operation waits; null for others.</summary>
    public StepGate? Gate { get; } = gate;

    /// <summary>Completes with the view seen last when the operation has ended, however it ended.</summary>
    public Task<ClusterView> Ended => _ended.Task;

    /// <summary>All of its steps are done, and it waits for what they are to bring about.</summary>
    public bool OnlyWaits { get; set; }

    /// <summary>Completes when its operator ends that wait.</summary>
    public Task Abandoned => _abandoned.Task;

    /// <summary>Ends the wait for the outcome.</summary>
    public void Abandon() => _abandoned.TrySetResult();

    /// <summary>Replaces the report; the steps of a stage report at the same time.</summary>
    public OperationReport Update(Func<OperationReport, OperationReport> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate)
            return _report = change(_report);
    }

    /// <summary>Tells those who wait.</summary>
    public void End(ClusterView last) => _ended.TrySetResult(last);

    /// <summary>Tells those who wait that it broke.</summary>
    public void Break(Exception why) => _ended.TrySetException(why);
}
