using System.Collections.Concurrent;

namespace PgHa.Agent.Cluster;

/// <summary>The operations this agent is carrying out, from before their first lock to after their last: a lock of any other is void.</summary>
public sealed class LiveOperations
{
    private readonly ConcurrentDictionary<string, byte> _ids = new();

    /// <summary>Their ids.</summary>
    public IReadOnlyList<string> Ids => [.. _ids.Keys];

    /// <summary>Before the first lock is taken.</summary>
    public void Begin(string operation) => _ids[operation] = 0;

    /// <summary>After the last lock was given back.</summary>
    public void End(string operation) => _ids.TryRemove(operation, out _);
}
