using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Succession;
using PgHa.Client.Facts;

namespace PgHa.Agent.Api.Health;

/// <summary>
/// Gathers what health checks are judged by. Many of them come at once: this node is looked at every 100 ms at most, and all nodes once a second. Nobody waits long for a node that is silent.
/// </summary>
internal sealed class HealthSights(AgentOptions options, ClusterObserver cluster, IServiceProvider services, TimeProvider time)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromMilliseconds(500), Old = TimeSpan.FromSeconds(5);
    private readonly Lock _gate = new();
    private readonly Tenure? _tenure = services.GetService<Tenure>();
    private readonly ISurroundings? _surroundings = services.GetService<ISurroundings>();
    private readonly SuccessionLoop? _loop = services.GetService<SuccessionLoop>();
    private Task? _look;
    private volatile Seen? _last;

    /// <summary>What is known now.</summary>
    /// <param name="others">Whether the other nodes matter.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async Task<HealthFacts> GatherAsync(bool others, CancellationToken cancel)
    {
        var nodes = others ? NodesAsync(cancel) : null;
        return new()
        {
            Own = await cluster[options.Node].ObserveAsync(fresh: false, cancel),
            MayServe = _tenure is null || _tenure.IsHeld || _surroundings is null or { Epoch: 0 } or { IsManual: true },
            Alive = _loop is null || _loop.SinceLook < options.Failover.D * (_tenure!.IsHeld ? 1 : 2),
            NoFailover = options.Failover.NoFailover,
            Priority = options.Failover.Priority,
            Nodes = nodes is null ? null : await nodes,
        };
    }

    private async Task<IReadOnlyList<NodeStatus>?> NodesAsync(CancellationToken cancel)
    {
        if (_last is { } last && time.GetElapsedTime(last.At) < Again)
            return last.Nodes;
        Task look;
        lock (_gate)
            look = _look is { IsCompleted: false } running ? running : _look = LookAsync();
        await Task.WhenAny(look, Task.Delay(Patience, time, cancel));
        return _last is { } now && time.GetElapsedTime(now.At) < Old ? now.Nodes : null;
    }

    /// <summary>For whoever asks next, too: no caller ends it.</summary>
    private async Task LookAsync()
    {
        var begun = time.GetTimestamp();
        _last = new(await Task.WhenAll(cluster.Nodes.Select(n => n.StatusAsync(CancellationToken.None))), begun);
    }

    private sealed record Seen(IReadOnlyList<NodeStatus> Nodes, long At);
}
