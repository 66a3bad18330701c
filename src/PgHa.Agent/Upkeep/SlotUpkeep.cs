using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Upkeep;

/// <summary>While this node is a standby, brings its copies of the primary's logical slots level at regular times, so that a failover finds them so.</summary>
internal sealed class SlotUpkeep(
    AgentOptions options, ClusterObserver cluster, NodeLock nodeLock, CopyRefresh refresh, LogicalCopyNotes copies, BeginChange begin, TimeProvider time, ILogger<SlotUpkeep> log)
    : UpkeepLoop(options.Slots.Interval, time, log)
{
    private string _restartedFor = "";

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => options.Slots.Interval == TimeSpan.Zero ? Task.CompletedTask : base.ExecuteAsync(stoppingToken);

    /// <inheritdoc />
    protected override string Work => "upkeep of logical slots";

    /// <inheritdoc />
    protected override Task LookAsync(CancellationToken cancel) => nodeLock.Holder is null ? KeepAsync(cancel) : Task.CompletedTask;

    private async Task KeepAsync(CancellationToken cancel)
    {
        var view = await cluster.ObserveAsync(fresh: false, cancel);
        var here = view[options.Node];
        if (here.Writable)
            copies.Clear();
        if (!here.InRecovery || view.Primary is not { } primary)
            return;
        var levelled = await refresh.RunAsync(here, primary.Node, cancel);
        if (!levelled.IsOk)
        {
            Tell(levelled.Refusal.Message);
            return;
        }
        var verdicts = CopyRefresh.Verdicts(levelled.Value.Own, levelled.Value.Theirs);
        var left = string.Join("; ", verdicts.Where(v => v.NotCarried is not null).Select(v => v.Name).Order()) is { Length: > 0 } names
            ? $"slots of {primary.Node} that a role change would not carry: {names}; GET slots/all and POST slots/file say more" : null;
        var waiting = string.Join(' ', verdicts.Where(v => v.NeedsStop).Select(v => v.Name).Order());
        var refused = options.Slots.Restart && waiting.Length > 0 && waiting != _restartedFor ? await RestartAsync(waiting, cancel) : null;
        Tell(string.Join("; ", new[] { left, refused }.OfType<string>()));
    }

    /// <summary>Once for each set of slots: what a restart did not bring, another one would not bring either.</summary>
    private async Task<string?> RestartAsync(string slots, CancellationToken cancel)
    {
        var refusal = await begin(new RestartForSlots(options.Node), $"slots without a copy: {slots}", cancel);
        if (refusal is null)
            _restartedFor = slots;
        return refusal is null ? null : $"no restart to place slots {slots}: {refusal.Message}";
    }
}
