using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PgHa.Agent.Cluster;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Every ten seconds, while the server runs: the slots for the other nodes, and what is to be known of synchronous replication. It
/// never holds up a role change: while a step runs, or an operation holds the node, it looks away.
/// </summary>
internal sealed partial class NodeUpkeep(
    DataDirectory data, PhysicalSlots slots, SyncSetting sync, StandbySlotsSetting standbySlots, NodeLock nodeLock, StepTrace trace, Lazy<ClusterObserver> cluster, TimeProvider time, ILogger<NodeUpkeep> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(8);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            if (PostmasterPid.ReadReady(data.Root) is not null)
                await LookAsync(stoppingToken);
            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(Within);
        try
        {
            var view = await cluster.Value.ObserveAsync(fresh: false, bounded.Token);
            if (trace.Last is not { Running: true })
                await slots.LookAsync(view, bounded.Token);
            if (nodeLock.Holder is not null)
                return;
            await sync.LookAsync(view, bounded.Token);
            await standbySlots.LookAsync(view, bounded.Token);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            cancel.ThrowIfCancellationRequested();
            LogNotDone(e.Message); // a server that ends, or hands over, at this moment: the next look finds out
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "slots and settings were not looked after this time: {Why}")]
    private partial void LogNotDone(string why);
}
