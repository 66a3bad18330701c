using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Plans;

/// <summary>What a node needs before it can stream.</summary>
/// <param name="Segments">Where the segments begin that streaming cannot bring, in order.</param>
/// <param name="Recycled">The upstream does not hold the end of the node's WAL any more: only a third node can prove that the node is behind.</param>
/// <param name="Sources">Nodes that hold all of it, the best one first.</param>
/// <param name="FromArchive">The node has a restore_command: an archive may hold it, and prove it.</param>
public sealed record WalToBring(IReadOnlyList<Lsn> Segments, bool Recycled, IReadOnlyList<string> Sources, bool FromArchive = false)
{
    /// <summary>No reachable node holds all of it, and there is no archive to ask.</summary>
    public bool Lost => Sources.Count == 0 && !FromArchive;
}

/// <summary>
/// Which WAL the agents bring, because a WAL sender cannot: of an old timeline it wants whole segments under their full names, which a
/// promotion may have renamed (facts 45 and 46). Pure.
/// </summary>
public static class BringRules
{
    /// <summary>More is copied faster by a base backup.</summary>
    private const ulong Most = 16UL << 30;

    /// <summary>What has to be brought to a node before it can stream from another; null where streaming brings all.</summary>
    /// <param name="node">The node that is to follow.</param>
    /// <param name="upstream">The node it is to stream from.</param>
    /// <param name="wal">The WAL of all.</param>
    /// <param name="promoted">The upstream will have been promoted by then.</param>
    public static WalToBring? For(string node, string upstream, WalView wal, bool promoted = false)
    {
        ArgumentNullException.ThrowIfNull(wal);
        if (wal.PositionOf(node) is not { } own || wal.PositionOf(upstream) is not { } theirs || own.SystemIdentifier != theirs.SystemIdentifier)
            return null;
        if (own.End < theirs.End && own.End <= theirs.Oldest)
            return Recycled(own, theirs, wal);
        var first = Start(own.End, own.SegmentSize);
        var gaps = theirs.Unserved.Concat(promoted ? Renamed(theirs) : []);
        Lsn[] segments = [.. gaps.Where(g => g.Timeline >= own.Timeline && g.Segment >= first).Select(g => g.Segment).Distinct().OrderBy(s => s.Value)];
        return segments.Length == 0 || own.Timeline == theirs.Timeline ? null : new(segments, Recycled: false, [upstream]);
    }

    /// <summary>Why what has to be brought cannot be, or null.</summary>
    internal static Refusal? Refuse(string node, string upstream, WalToBring? bring, WalView wal) => bring is not { Lost: true } ? null : new(Code.WalNotProven,
        $"{node} cannot follow {upstream}: it lacks WAL from {wal.PositionOf(node)?.End} on, {upstream} cannot stream the segment at {bring.Segments[0]}, and no reachable node holds it",
        $"where an archive holds it set restore_command on {node}; else POST instance/slave?rejoin=reclone on {node}");

    /// <summary>What is asked before anything is stopped, so that the node can follow.</summary>
    internal static IEnumerable<Step> Checks(string node, string upstream, WalView wal) =>
        For(node, upstream, wal) is { FromArchive: true, Sources.Count: 0 } ? [new CheckUpstream(node, upstream), new CheckArchive(node, upstream)] : [new CheckUpstream(node, upstream)];

    /// <summary>What is promised of a node that only has to be pointed at its new upstream: no more than streaming can bring.</summary>
    internal static Outcome Outcome(string node, string upstream, WalView wal, bool promoted) =>
        new(node, [NodeState.Standby], Certain: For(node, upstream, wal, promoted) is null);

    /// <summary>What is to be said of nodes that will not follow by streaming alone.</summary>
    internal static IEnumerable<Evidence> Evidence(IEnumerable<string> nodes, string upstream, WalView wal, bool promoted) => nodes
        .Where(n => For(n, upstream, wal, promoted) is not null)
        .Select(n => new MissesUnservedWal(n, upstream));

    /// <summary>The segment that a promotion renames to .partial: a standby that is two timelines behind will ask for it.</summary>
    private static StreamGap[] Renamed(WalPosition theirs) => theirs.Lineage.Count < 2
        || Start(theirs.Lineage[^1].Begin, theirs.SegmentSize) != Start(theirs.End, theirs.SegmentSize) ? []
        : [new(theirs.Lineage[^2].Timeline, Start(theirs.End, theirs.SegmentSize))];

    /// <summary>All that the upstream does not hold any more, and the first segment that it does: only there both can be compared.</summary>
    private static WalToBring? Recycled(WalPosition own, WalPosition theirs, WalView wal)
    {
        if (theirs.Oldest - own.End > Most)
            return null;
        var segments = new List<Lsn>();
        for (var at = Start(own.End, own.SegmentSize); at <= theirs.Oldest; at += own.SegmentSize)
            segments.Add(at);
        var sources = wal.Positions.Values.Select(p => p.Value).OfType<WalPosition>()
            .Where(p => p.Node != own.Node && p.Node != theirs.Node && wal.Focus == theirs.Node
                && wal.Of(p.Node).Kinship is WalKinship.Identical or WalKinship.Behind
                && p.Oldest < own.End && p.End > theirs.Oldest && WalAncestry.NominalEnd(own, p) == own.End)
            .OrderByDescending(p => p.End.Value).Select(p => p.Node);
        return new([.. segments], Recycled: true, [.. sources], own.Restores && WalAncestry.NominalEnd(own, theirs) == own.End);
    }

    private static Lsn Start(Lsn lsn, uint size) => new(lsn.Value - (lsn.Value % size));
}
