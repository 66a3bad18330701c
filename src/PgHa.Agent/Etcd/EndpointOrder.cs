namespace PgHa.Agent.Etcd;

/// <summary>In which order endpoints are tried: the one that answered last is first, the one that failed last is last.</summary>
/// <param name="endpoints">The order to begin with.</param>
internal sealed class EndpointOrder<T>(IReadOnlyList<T> endpoints)
    where T : class
{
    private volatile IReadOnlyList<T> _current = endpoints;
    private readonly Lock _lock = new();

    /// <summary>The order of this moment.</summary>
    internal IReadOnlyList<T> Current => _current;

    internal void Worked(T endpoint)
    {
        if (_current[0] != endpoint)
            Change(rest => [endpoint, .. rest], endpoint);
    }

    internal void Failed(T endpoint) => Change(rest => [.. rest, endpoint], endpoint);

    private void Change(Func<IEnumerable<T>, IReadOnlyList<T>> order, T endpoint)
    {
        lock (_lock)
            _current = order(_current.Where(e => e != endpoint));
    }
}
