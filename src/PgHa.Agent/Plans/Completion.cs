using PgHa.Agent.Cluster;
using PgHa.Formats.Control;

namespace PgHa.Agent.Plans;

/// <summary>Which steps give a stopped node the WAL it misses, so that its next start as primary loses nothing.</summary>
public static class Completion
{
    /// <summary>
    /// Files alone are enough for a node that stopped in recovery, within its timeline (fact 1). A former primary, or a node that has
    /// to follow to another timeline, must replay as a standby first (facts 1 and 2: otherwise committed rows are lost).
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<Step>> Stages(string node, string? source, WalView wal)
    {
        ArgumentNullException.ThrowIfNull(wal);
        var own = wal.PositionOf(node);
        var stages = new List<IReadOnlyList<Step>>();
        if (source is not null)
            stages.Add([new CompleteWal(node, source)]);
        var stoppedAsPrimary = source is not null && own?.StoppedAs is not (null or DbState.ShutDownInRecovery);
        var otherTimeline = source is not null && wal.PositionOf(source)?.Timeline != own?.Timeline;
        if (stoppedAsPrimary || otherTimeline || own is { HoldsWalItWouldNotReplay: true })
            stages.Add([new ReplayWal(node)]);
        return stages;
    }
}
