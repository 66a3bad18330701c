namespace PgHa.Agent.Operations;

/// <summary>Where a stepwise operation waits before each step for its operator.</summary>
public sealed class StepGate(TimeProvider time)
{
    /// <summary>How long it waits: an operator who went away must not hold the locks for ever.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _steps;
    private bool _abandoned;

    /// <summary>Lets the next steps pass; <see cref="long.MaxValue"/> for all.</summary>
    public void Resume(long steps)
    {
        lock (_gate)
            _steps = steps > long.MaxValue - _steps ? long.MaxValue : _steps + steps;
        Wake();
    }

    /// <summary>No further step passes.</summary>
    public void Abandon()
    {
        lock (_gate)
            _abandoned = true;
        Wake();
    }

    /// <summary>True: the step may run. False: the operation was abandoned. Null: wait.</summary>
    public bool? Pass()
    {
        lock (_gate)
        {
            if (_abandoned)
                return false;
            if (_steps == 0)
                return null;
            _steps = _steps == long.MaxValue ? _steps : _steps - 1;
            return true;
        }
    }

    /// <summary>Waits for the operator; who does not come has abandoned it.</summary>
    public async Task<bool> WaitAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            Task changed;
            lock (_gate)
                changed = _changed.Task;
            if (Pass() is { } passes)
                return passes;
            try
            {
                await changed.WaitAsync(Patience - time.GetElapsedTime(begun), time, cancel);
            }
            catch (TimeoutException)
            {
                Abandon();
            }
        }
    }

    private void Wake()
    {
        TaskCompletionSource old;
        lock (_gate)
            (old, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        old.SetResult();
    }
}
