using PgHa.Client.Operations;

namespace PgHa.Agent.Cluster;

/// <summary>This node's operation lock. In memory: an agent that died holds nothing, and its locks elsewhere carry its boot id.</summary>
public sealed class NodeLock
{
    private readonly Lock _gate = new();
    private OperationLock? _holder;

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
            if (_holder is not null && _holder.Operation != wanted.Operation)
                return new(false, _holder);
            _holder = wanted;
            return new(true, wanted);
        }
    }

    /// <summary>Gives it back; nothing happens if another operation holds it.</summary>
    public void Release(string operation)
    {
        lock (_gate)
            if (_holder?.Operation == operation)
                _holder = null;
    }
}
