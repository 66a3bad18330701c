using PgHa.Client.Operations;

namespace PgHa.Agent.Cluster;

/// <summary>This node's operation lock. In memory: an agent that died holds nothing, and its locks elsewhere carry its boot id.</summary>
public sealed class NodeLock
{
    private readonly Lock _gate = new();
    private OperationLock? _holder;
    private bool _stepRuns;
    private bool _released;
    private UpkeepTurn? _upkeep;

    /// <summary>Who holds it, or null.</summary>
    public OperationLock? Holder
    {
        get { lock (_gate) return _holder; }
    }

    /// <summary>Takes it if it is free or already held by the same operation.</summary>
    public LockAnswer Take(OperationLock wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        lock (_gate)
        {
            if (_holder is not null && (_holder.Operation != wanted.Operation || _released))
                return new(false, _holder);
            _holder = wanted;
            return new(true, wanted);
        }
    }

    /// <summary>
    /// Begins what is looked after in the background and may change settings; null while an operation holds the lock. It gives way: an
    /// operation that takes the lock breaks it off.
    /// </summary>
    public UpkeepTurn? BeginUpkeep()
    {
        lock (_gate)
            return _holder is not null || _upkeep is { Ended.IsCompleted: false } ? null : _upkeep = new UpkeepTurn();
    }

    /// <summary>After the lock was taken, before anything is done under it: breaks off what is looked after, and is there when that has ended.</summary>
    public async Task EndUpkeepAsync(CancellationToken cancel)
    {
        UpkeepTurn? turn;
        lock (_gate)
            turn = _upkeep;
        if (turn is not { Ended.IsCompleted: false })
            return;
        turn.GiveWay();
        await turn.Ended.WaitAsync(cancel);
        await Task.Yield(); // not within the call that ended it
    }

    /// <summary>
    /// Gives it back; nothing happens if another operation holds it. While a step of the operation still runs here, it is kept until
    /// that has ended: whoever takes over from a dead coordinator must not act beside what it had begun.
    /// </summary>
    public void Release(string operation)
    {
        lock (_gate)
        {
            if (_holder?.Operation != operation)
                return;
            _released = _stepRuns;
            if (!_stepRuns)
                _holder = null;
        }
    }

    /// <summary>Before a step: false unless the operation holds the lock. Every true is followed by one <see cref="Leave"/>.</summary>
    public bool Enter(string operation)
    {
        lock (_gate)
            return _stepRuns = _holder?.Operation == operation && !_released;
    }

    /// <summary>After the step.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _stepRuns = false;
            if (_released)
                (_holder, _released) = (null, false);
        }
    }
}
