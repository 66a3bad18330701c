using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Plans;

/// <summary>
/// Histories that tell of a timeline nobody ever wrote. A server that believes one puts its switch into the history of its own next timeline,
/// and no other node can follow that. Pure.
/// </summary>
public static class GhostRules
{
    /// <summary>Whether a node's WAL went through the timeline of the history, just as the history says.</summary>
    public static bool InLineage(TimelineHistory history, WalPosition position)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(position);
        return Knows(position.Lineage, history.Timeline) && SameUpto(history.Timeline, history.Entries, position.Lineage);
    }

    /// <summary>The node whose lineage tells another origin of a timeline than the history does, or null.</summary>
    public static string? Contradicts(TimelineHistory history, IEnumerable<WalPosition> positions)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(positions);
        return positions.FirstOrDefault(p => history.Entries.Select(s => s.Timeline).LastOrDefault(t => Knows(p.Lineage, t)) is { Value: not 0 } shared
            && !SameUpto(shared, history.Entries, p.Lineage))?.Node;
    }

    /// <summary>Whether a node holds WAL of the parent timeline up to the history's newest switch: then a record must begin, or the WAL end, there.</summary>
    public static bool Reaches(TimelineHistory history, WalPosition position)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(position);
        if (history.Entries.Count < 2)
            return false;
        var parent = history.Entries[^2];
        return position.Lineage.FirstOrDefault(s => s.Timeline == parent.Timeline) is { } span && SameUpto(parent.Timeline, history.Entries, position.Lineage)
            && parent.End is { } left && position.HeldBefore(left) is not null && left <= (span.End ?? position.End);
    }

    /// <summary>
    /// Whether a history that lies in pg_wal is a ghost: no node went that way, nothing of it is here, and it leads on from beyond the WAL
    /// that is here, be it by its first switch or, where our own timeline ends just there, by a later one.
    /// </summary>
    /// <param name="history">A history of a timeline.</param>
    /// <param name="own">The node's own WAL.</param>
    /// <param name="others">That of the nodes that can be asked.</param>
    /// <param name="hasSegments">A segment of that timeline is here.</param>
    public static bool IsGhost(TimelineHistory history, WalPosition own, IEnumerable<WalPosition> others, bool hasSegments)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(own);
        if (hasSegments || history.Timeline <= own.Timeline || others.Any(p => InLineage(history, p)))
            return false;
        return history.Entries.FirstOrDefault(s => s.Timeline == own.Timeline) is not { End: { } left }
            || left > own.End || (left == own.End && history.Entries[^2].Timeline != own.Timeline);
    }

    /// <summary>An upload that nothing confirms.</summary>
    internal static Refusal Unconfirmed(TimelineHistory history, IReadOnlyList<string> unasked)
    {
        var (parent, at) = (history.Entries[^2].Timeline, history.Entries[^2].End);
        var away = unasked.Count == 0 ? "" : $" ({string.Join(", ", unasked)} could not be asked)";
        return new(Code.BadUpload, $"no node confirms that timeline {history.Timeline} left timeline {parent} at {at}: none went that way, and none holds WAL of timeline {parent} in which a record begins there{away}",
            $"send the segments of timeline {parent} up to {at} first, then this history, then the segments of timeline {history.Timeline}{(unasked.Count == 0 ? "" : "; or bring the agents of the other nodes back")}");
    }

    /// <summary>A running standby has read it already, and would follow it.</summary>
    internal static Refusal? RefusePromotion(string node, IReadOnlyList<string> ghosts) => ghosts.Count == 0 ? null : new(Code.WalNotProven,
        $"the pg_wal of {node} holds {string.Join(", ", ghosts)}, of a timeline that no node ever wrote: if {node} were promoted now, no other node could follow it",
        $"DELETE instance/current on {node}, then POST instance/current on {node}: the start moves the file away; then repeat the call. If restore_command of {node} brought it, take it out of the archive first");

    private static bool Knows(IEnumerable<TimelineSpan> lineage, TimelineId timeline) => lineage.Any(s => s.Timeline == timeline);

    private static bool SameUpto(TimelineId timeline, IEnumerable<TimelineSpan> a, IEnumerable<TimelineSpan> b) =>
        a.TakeWhile(s => s.Timeline <= timeline).Select(s => (s.Timeline, s.Begin)).SequenceEqual(b.TakeWhile(s => s.Timeline <= timeline).Select(s => (s.Timeline, s.Begin)));
}
