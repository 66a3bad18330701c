using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Every ten seconds, while the server runs: the slots for the other nodes, and what is to be known of synchronous replication. It
/// never holds up a role change: while a step runs, or an operation holds the node, it looks away.
/// </summary>
internal sealed class NodeUpkeep(
    DataDirectory data, PhysicalSlots slots, SyncSetting sync, StandbySlotsSetting standbySlots, NodeLock nodeLock, StepTrace trace, Lazy<ClusterObserver> cluster, TimeProvider time, ILogger<NodeUpkeep> log)
    : Upkeep(TimeSpan.FromSeconds(10), time, log)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(8);

    /// <inheritdoc />
    protected override async Task LookAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is null)
            return;
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(Within);
        var view = await cluster.Value.ObserveAsync(fresh: false, bounded.Token);
        if (trace.Last is not { Running: true })
            await slots.LookAsync(view, bounded.Token);
        if (nodeLock.BeginUpkeep() is not { } turn)
            return;
        using var yielding = CancellationTokenSource.CreateLinkedTokenSource(bounded.Token, turn.GivesWay);
        try
        {
            await sync.LookAsync(view, yielding.Token);
            await standbySlots.LookAsync(view, yielding.Token);
            Tell("");
        }
        catch (OperationCanceledException) when (turn.GivesWay.IsCancellationRequested)
        {
            // an operation has begun: the next look finds what it made
        }
        finally
        {
            turn.End();
        }
    }
}
