using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Plans;

/// <summary>
/// Which files may be placed in a node's pg_wal from outside (fact 26): whole ones, while no server runs, that fit their name, the
/// cluster and the WAL that is here. Asked for uploads, and for what is copied from a peer.
/// </summary>
public static class PlacingRules
{
    /// <summary>Why nothing may be placed now, or null.</summary>
    public static Refusal? RefuseState(NodeObservation seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        if (seen.DataProblem is { } problem)
            return new(Code.WrongState, $"the data directory of {seen.Node} cannot be used: {problem}", "correct postgres.data_dir");
        return seen.State switch
        {
            NodeState.Stopped => null,
            NodeState.Primary or NodeState.PrimaryAlone => new(Code.WrongState, $"{seen.Node} runs as primary: its pg_wal is its own",
                "WAL files are placed on a stopped node that lacks them; a primary lacks none, and writes its own"),
            NodeState.Standby or NodeState.Recovering => new(Code.WrongState, $"{seen.Node} runs in recovery and reads its pg_wal",
                $"WAL files are only placed on a stopped node: let it stream, or DELETE instance/current on {seen.Node} first"),
            _ => new(Code.WrongState, $"{seen.Node} is unknown: {seen.Problem}", "WAL files are only placed on a stopped node; look at its server"),
        };
    }

    /// <summary>The lineage along which a timeline's files are read on a node, oldest first up to that timeline; null where it is not known.</summary>
    /// <param name="timeline">The timeline in a file's name.</param>
    /// <param name="own">The lineage of the node's own timeline; null where its history is missing.</param>
    /// <param name="named">The history of the timeline in the name, if it is here.</param>
    public static IReadOnlyList<TimelineSpan>? Lineage(TimelineId timeline, TimelineHistory? own, TimelineHistory? named)
    {
        if (own?.Entries.Any(s => s.Timeline == timeline) == true)
            return [.. own.Entries.TakeWhile(s => s.Timeline <= timeline)];
        return own is not null && named?.Entries.Any(s => s.Timeline == own.Timeline) == true ? named.Entries : null;
    }

    /// <summary>Why a file is not the segment that it is to be placed as, or null.</summary>
    /// <param name="segment">The segment in the name.</param>
    /// <param name="length">The file's size in bytes.</param>
    /// <param name="pages">What its page headers say.</param>
    /// <param name="systemIdentifier">The node's cluster.</param>
    /// <param name="major">The node's major version.</param>
    /// <param name="lineage">The lineage of the segment's timeline.</param>
    public static string? Misfit(
        WalSegment segment, long length, Parsed<WalSegmentPages> pages, string systemIdentifier, int major, IReadOnlyList<TimelineSpan> lineage)
    {
        if (length != segment.Size)
            return $"it has {length} bytes, a segment here has {segment.Size}";
        if (!pages.IsOk)
            return pages.Error.ToString();
        var found = pages.Value;
        if (found.First.Major != major)
            return $"it is of PostgreSQL {found.First.Major}, this node of {major}";
        if (found.SystemIdentifier.ToString(System.Globalization.CultureInfo.InvariantCulture) != systemIdentifier)
            return $"it is of the cluster with system identifier {found.SystemIdentifier}, this node of {systemIdentifier}";
        if (found.SegmentSize != segment.Size)
            return $"its segment size is {found.SegmentSize}, here it is {segment.Size}";
        if (found.First.Address != segment.Start)
            return $"it is {WalSegment.At(found.First.Timeline, found.First.Address, segment.Size)}: its first page is that of {found.First.Address}";
        return found.Error?.ToString() ?? Timelines(segment, found, lineage);
    }

    /// <summary>Why a history file must not be placed on a node, or null.</summary>
    /// <param name="history">The history.</param>
    /// <param name="control">The node's control file.</param>
    /// <param name="here">Every history the node has.</param>
    public static string? Misfit(TimelineHistory history, ControlFacts control, IEnumerable<TimelineHistory> here)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(control);
        if (here.FirstOrDefault(h => Contradict(h, history)) is { } other)
            return $"it tells another origin of a timeline than the history of timeline {other.Timeline} that is here";
        if (history.Timeline <= control.Timeline)
            return null;
        if (history.Entries.FirstOrDefault(s => s.Timeline == control.Timeline) is not { End: { } left })
            return $"timeline {history.Timeline} does not descend from timeline {control.Timeline}, on which this node is: its server would refuse to start";
        return control.CheckPoint < left && control.MinRecoveryPoint <= left ? null
            : $"timeline {history.Timeline} left timeline {control.Timeline} at {left}; this node went on to {Lsn.Max(control.CheckPoint, control.MinRecoveryPoint)}";
    }

    /// <summary>Each page must be of the timeline that wrote its place in the lineage.</summary>
    private static string? Timelines(WalSegment segment, WalSegmentPages found, IReadOnlyList<TimelineSpan> lineage)
    {
        var own = lineage[^1];
        if (own.Begin >= segment.End || own.End <= segment.Start)
            return $"timeline {own.Timeline} reaches from {own.Begin} to {own.End}: it has no such segment";
        const ulong page = 8192;
        for (var i = 0; i < found.Timelines.Count; i++)
        {
            var (timeline, begin) = found.Timelines[i];
            var last = new Lsn((i + 1 < found.Timelines.Count ? found.Timelines[i + 1].Begin : found.End).Value - page);
            foreach (var at in new[] { begin, last })
                if (lineage.Last(s => s.Begin <= at).Timeline is var expected && expected != timeline)
                    return $"its page at {at} is of timeline {timeline} instead of {expected}";
        }
        return null;
    }

    /// <summary>A timeline has one origin: where both know it, all before it must be the same.</summary>
    private static bool Contradict(TimelineHistory a, TimelineHistory b)
    {
        var shared = a.Entries.Where(x => b.Entries.Any(y => y.Timeline == x.Timeline)).Select(x => x.Timeline).LastOrDefault();
        return shared.Value != 0
            && !a.Entries.TakeWhile(s => s.Timeline <= shared).Select(s => (s.Timeline, s.Begin))
                .SequenceEqual(b.Entries.TakeWhile(s => s.Timeline <= shared).Select(s => (s.Timeline, s.Begin)));
    }
}
