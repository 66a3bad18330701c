using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Begins a change of this node, as an operator would; null, or why not.</summary>
internal delegate Task<Refusal?> BeginChange(ChangeRequest request, CancellationToken cancel);

/// <summary>While this node is a standby, brings its copies of the primary's logical slots level at regular times, so that a failover finds them so.</summary>
internal sealed partial class SlotUpkeep(
    AgentOptions options, Lazy<ClusterObserver> cluster, NodeLock nodeLock, SlotKeeping keeping, SlotCopies copies, BeginChange begin, TimeProvider time, ILogger<SlotUpkeep> log)
    : Upkeep(options.Slots.Interval, time, log)
{
    private string _restartedFor = "";

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => options.Slots.Interval == TimeSpan.Zero ? Task.CompletedTask : base.ExecuteAsync(stoppingToken);

    /// <inheritdoc />
    protected override Task LookAsync(CancellationToken cancel) => nodeLock.Holder is null ? KeepAsync(cancel) : Task.CompletedTask;

    private async Task KeepAsync(CancellationToken cancel)
    {
        var view = await cluster.Value.ObserveAsync(fresh: false, cancel);
        var here = view[options.Node];
        if (here.Writable)
            copies.Clear();
        if (!here.InRecovery || view.Primary is not { } primary)
            return;
        var levelled = await keeping.RunAsync(here, primary.Node, cancel);
        if (!levelled.IsOk)
        {
            Tell(levelled.Refusal.Message);
            return;
        }
        var verdicts = SlotKeeping.Verdicts(levelled.Value.Own, levelled.Value.Theirs);
        Tell(string.Join("; ", verdicts.Where(v => v.NotCarried is not null).Select(v => v.Name).Order()) is { Length: > 0 } left ? $"slots of {primary.Node} that a role change would not carry: {left}; GET slots/all and POST slots/file say more" : "");
        var waiting = string.Join(' ', verdicts.Where(v => v.NeedsStop).Select(v => v.Name).Order());
        if (options.Slots.Restart && waiting.Length > 0 && waiting != _restartedFor)
            await RestartAsync(waiting, cancel);
    }

    /// <summary>Once for each set of slots: what a restart did not bring, another one would not bring either.</summary>
    private async Task RestartAsync(string slots, CancellationToken cancel)
    {
        var refusal = await begin(new RestartForSlots(options.Node), cancel);
        if (refusal is null)
            _restartedFor = slots;
        LogRestart(slots, refusal?.Message ?? "begun");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "restart to place slots {Slots}: {How}")]
    private partial void LogRestart(string slots, string how);
}
