namespace PgHa.Agent.Operations;

/// <summary>Where a stepwise operation waits before each step for its operator.</summary>
public sealed class StepGate(TimeProvider time)
{
    /// <summary>How long it waits: an operator who went away must not hold the locks for ever.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new();
    private long _steps;
    private readonly HashSet<string> _keys = [];
    private bool _abandoned;

    /// <summary>Lets the next steps pass; <see cref="long.MaxValue"/> for all.</summary>
    /// <param name="steps">How many.</param>
    /// <param name="key">Names the call: a second one with the same key changes nothing. Null: each counts.</param>
    /// <returns>Whether it counted.</returns>
    public bool Resume(long steps, string? key = null)
    {
        lock (_gate)
        {
            if (key is not null && !_keys.Add(key))
                return false;
            _steps = steps > long.MaxValue - _steps ? long.MaxValue : _steps + steps;
        }
        Wake();
        return true;
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
                await Task.Yield(); // not within the operator's call
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
            (old, _changed) = (_changed, new());
        old.SetResult();
    }
}
