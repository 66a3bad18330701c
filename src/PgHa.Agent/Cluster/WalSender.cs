using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Cluster;

/// <summary>Which files a WAL sender reads. Pure.</summary>
public static class WalSender
{
    /// <summary>
    /// The timelines whose standbys ask for a segment, each with the file that a WAL sender opens for them: the timeline's own, but in the
    /// segment in which the timeline ends that of the next one (fact 46).
    /// </summary>
    /// <param name="lineage">The timelines of the node that serves.</param>
    /// <param name="number">The segment.</param>
    /// <param name="size">wal_segment_size in bytes.</param>
    public static IEnumerable<(StreamGap Asked, WalSegment File)> Opens(IReadOnlyList<TimelineSpan> lineage, ulong number, uint size)
    {
        ArgumentNullException.ThrowIfNull(lineage);
        var start = new Lsn(number * size);
        for (var i = 0; i < lineage.Count; i++)
        {
            var span = lineage[i];
            if (span.Begin.Value / size > number || span.End <= start)
                continue;
            var file = span.End is { } end && end.Value / size == number ? lineage[i + 1].Timeline : span.Timeline;
            yield return (new(span.Timeline, start), new(file, number, size));
        }
    }

    /// <summary>What it cannot serve, from a position to the last switch of timelines: after that every standby asks for the newest timeline's own files.</summary>
    /// <param name="lineage">The timelines of the node that serves.</param>
    /// <param name="from">Where the WAL that is here begins.</param>
    /// <param name="size">wal_segment_size in bytes.</param>
    /// <param name="isHere">Whether a segment is here under its full name.</param>
    public static IEnumerable<StreamGap> Gaps(IReadOnlyList<TimelineSpan> lineage, Lsn from, uint size, Func<WalSegment, bool> isHere)
    {
        ArgumentNullException.ThrowIfNull(lineage);
        ArgumentNullException.ThrowIfNull(isHere);
        var lastSwitch = lineage[^1].Begin;
        for (var number = from.Value / size; lineage.Count > 1 && number * size < lastSwitch.Value; number++)
            foreach (var (asked, file) in Opens(lineage, number, size))
                if (!isHere(file))
                    yield return asked;
    }
}
