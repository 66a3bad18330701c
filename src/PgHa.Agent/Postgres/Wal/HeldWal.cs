using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Which WAL of a lineage the files of pg_wal hold, by their names. A file of an older timeline speaks for its segment only up to the
/// switch of timelines. Where no newer file holds the rest of that segment, there is a hole (fact 45).
/// </summary>
internal sealed class HeldWal(uint segmentSize, IReadOnlyList<TimelineSpan> lineage)
{
    /// <summary>More holes than a node comes to have.</summary>
    private const int Most = 16;

    private readonly TimelineSpan[] _newestFirst = [.. lineage.Reverse()];

    /// <summary>
    /// The file that holds a segment: that of the newest timeline of the lineage that had begun by then, and up to where it speaks for
    /// the lineage. What an older timeline wrote past the switch is not part of it.
    /// </summary>
    /// <param name="number">The segment.</param>
    /// <param name="exists">Whether a file of that name is there.</param>
    internal (string Name, Lsn? End)? FileOf(ulong number, Predicate<string> exists)
    {
        foreach (var span in _newestFirst.Where(s => s.Begin.Value / segmentSize <= number))
        {
            if (span.End is { } end && end.Value <= number * segmentSize)
                return null; // this timeline was left before the segment begins, and so were all older ones
            var name = new WalSegment(span.Timeline, number, segmentSize).FileName;
            if (exists(name))
                return (name, span.End);
            if (exists(name + ".partial"))
                return (name + ".partial", span.End);
        }
        return null;
    }

    /// <summary>What is held before a position, the newest range first. The WAL right before the position is missing where the first range ends earlier.</summary>
    internal WalRange[] Ranges(IReadOnlySet<string> names, Lsn upto)
    {
        var ranges = new List<WalRange>();
        foreach (var number in Numbers(names).Where(n => n * segmentSize < upto.Value).OrderDescending())
        {
            if (FileOf(number, names.Contains) is not var (_, left))
                continue;
            var end = Lsn.Min(upto, new Lsn((number + 1) * segmentSize));
            var held = new WalRange(new Lsn(number * segmentSize), left is { } early ? Lsn.Min(early, end) : end);
            if (ranges.Count > 0 && ranges[^1].From == held.To)
                ranges[^1] = ranges[^1] with { From = held.From };
            else if (ranges.Count < Most)
                ranges.Add(held);
            else
                break;
        }
        return [.. ranges];
    }

    private IEnumerable<ulong> Numbers(IEnumerable<string> names) => names
        .Select(n => WalFileName.TryParse(n, out var name) && name.Kind is WalFileKind.Segment or WalFileKind.Partial && name.Fits(segmentSize)
            ? name.Segment(segmentSize).Number : (ulong?)null)
        .OfType<ulong>().Distinct();
}
