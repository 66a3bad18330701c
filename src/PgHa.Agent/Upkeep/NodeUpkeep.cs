using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Upkeep;

/// <summary>
/// Every ten seconds, while the server runs: the slots for the other nodes, and what is to be known of synchronous replication. An operation
/// that takes the node's lock breaks it off. While one holds it settings are left alone, and slots while a step runs.
/// </summary>
internal sealed class NodeUpkeep(
    DataDirectory data, PhysicalSlots slots, SyncSetting sync, StandbySlotsSetting standbySlots, NodeLock nodeLock, StepTrace trace, ClusterObserver cluster, TimeProvider time, ILogger<NodeUpkeep> log)
    : UpkeepLoop(TimeSpan.FromSeconds(10), time, log)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(8);

    /// <inheritdoc />
    protected override string Work => "upkeep of physical slots and synchronous replication";

    /// <inheritdoc />
    protected override async Task LookAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is null)
            return;
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(Within);
        var view = await cluster.ObserveAsync(fresh: false, bounded.Token);
        if (nodeLock.BeginUpkeep() is not { } turn)
        {
            // an operation may wait for an hour: a slot that is given up must not fill the disk meanwhile
            if (trace.Last is not { Running: true })
                await slots.LookAsync(view, bounded.Token);
            return;
        }
        using var yielding = CancellationTokenSource.CreateLinkedTokenSource(bounded.Token, turn.GivesWay);
        try
        {
            await slots.LookAsync(view, yielding.Token);
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
