using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Simulation;

internal enum RecordKind
{
    Row,
    CheckPoint,
    EndOfRecovery,
    Noise,
}

/// <summary>A WAL record. Its id stands for its bytes: two records with the same id are the same.</summary>
internal sealed record SimRecord(ulong Start, ulong End, long Id, RecordKind Kind, long Row = 0);

/// <summary>The pg_wal of a data directory: the records of each timeline, and the histories.</summary>
internal sealed class SimWal
{
    internal const uint SegmentSize = 1 << 20;
    internal const ulong First = 0x100028;

    private readonly Dictionary<uint, List<SimRecord>> _records = [];
    private readonly Dictionary<uint, TimelineSpan[]> _histories = [];

    internal SimWal Copy()
    {
        var copy = new SimWal();
        foreach (var (timeline, records) in _records)
            copy._records[timeline] = [.. records];
        foreach (var (timeline, history) in _histories)
            copy._histories[timeline] = history;
        return copy;
    }

    internal TimelineSpan[] Lineage(uint timeline) => _histories.GetValueOrDefault(timeline) ?? [new(new(timeline), Lsn.Zero)];

    internal uint Newest => Math.Max(_records.Keys.DefaultIfEmpty(1U).Max(), _histories.Keys.DefaultIfEmpty(1U).Max());

    internal void Note(uint timeline, TimelineSpan[] history) => _histories[timeline] = history;

    /// <summary>All timelines but those are gone.</summary>
    internal void Forget(HashSet<uint> but)
    {
        foreach (var timeline in _histories.Keys.Where(t => !but.Contains(t)).ToArray())
        {
            _histories.Remove(timeline);
            _records.Remove(timeline);
        }
    }

    /// <summary>The lineage of one of the timelines of a lineage.</summary>
    internal static TimelineSpan[] Upto(IReadOnlyList<TimelineSpan> lineage, uint timeline) =>
        [.. lineage.TakeWhile(s => s.Timeline.Value <= timeline).Select(s => s.Timeline.Value == timeline ? s with { End = null } : s)];

    /// <summary>The record of a timeline that begins at a position.</summary>
    internal SimRecord? At(uint timeline, ulong start)
    {
        var records = Of(timeline);
        var at = Begin(records, start);
        return at < records.Count && records[at].Start == start ? records[at] : null;
    }

    internal bool Knows(uint timeline) => timeline == 1 || _histories.ContainsKey(timeline);

    /// <summary>The newest timeline whose history goes through another: that is where recovery goes.</summary>
    internal uint Descendant(uint timeline) =>
        _histories.Where(h => h.Value.Any(s => s.Timeline.Value == timeline)).Select(h => h.Key).Append(timeline).Max();

    /// <summary>The records of a timeline alone.</summary>
    internal List<SimRecord> Of(uint timeline) => _records.TryGetValue(timeline, out var records) ? records : _records[timeline] = [];

    /// <summary>The record goes where it belongs; what was written there before, and after, is gone.</summary>
    internal void Write(uint timeline, SimRecord record)
    {
        Cut(timeline, record.Start);
        Of(timeline).Add(record);
    }

    internal void Cut(uint timeline, ulong from)
    {
        var records = Of(timeline);
        var first = records.Count;
        while (first > 0 && records[first - 1].End > from)
            first--;
        records.RemoveRange(first, records.Count - first);
    }

    /// <summary>What ends at a position or before it is gone, on every timeline.</summary>
    internal void Remove(ulong upto)
    {
        foreach (var records in _records.Values)
            records.RemoveAll(r => r.End <= upto);
    }

    /// <summary>Whether the record that begins at a position is there, or nothing follows.</summary>
    internal bool GoesOn(IReadOnlyList<TimelineSpan> lineage, ulong from) => Line(lineage, from).FirstOrDefault() is not { } next || next.Start <= from;

    /// <summary>The records along a lineage, in order.</summary>
    internal IEnumerable<SimRecord> Line(IReadOnlyList<TimelineSpan> lineage, ulong from = 0)
    {
        foreach (var span in lineage)
        {
            if (span.End is { } over && over.Value <= from)
                continue;
            var records = Of(span.Timeline.Value);
            for (var i = Begin(records, Math.Max(from, span.Begin.Value)); i < records.Count && (span.End is not { } end || records[i].Start < end.Value); i++)
                yield return records[i];
        }
    }

    /// <summary>The records of a timeline alone that begin at a position, or after it.</summary>
    internal IEnumerable<SimRecord> From(uint timeline, ulong from)
    {
        var records = Of(timeline);
        for (var i = Begin(records, from); i < records.Count; i++)
            if (records[i].Start >= from)
                yield return records[i];
    }

    /// <summary>The end of the unbroken chain of records from a position on.</summary>
    internal ulong EndFrom(IReadOnlyList<TimelineSpan> lineage, ulong from)
    {
        var end = from;
        foreach (var record in Line(lineage, from))
        {
            if (record.Start != end)
                break;
            end = record.End;
        }
        return end;
    }

    /// <summary>The oldest position from which the records go unbroken to an end.</summary>
    internal ulong Oldest(IReadOnlyList<TimelineSpan> lineage, ulong end)
    {
        var records = Line(lineage).TakeWhile(r => r.End <= end).ToArray();
        var oldest = end;
        for (var i = records.Length - 1; i >= 0 && records[i].End == oldest; i--)
            oldest = records[i].Start;
        return oldest;
    }

    internal WalDigest Digest(IReadOnlyList<TimelineSpan> lineage, Lsn from, Lsn to)
    {
        var (hash, at) = (14695981039346656037UL, from.Value);
        foreach (var record in Line(lineage, from.Value))
        {
            if (record.Start >= to.Value || record.Start > at)
                break;
            if (record.End <= from.Value)
                continue;
            hash = Mix(Mix(Mix(hash, (ulong)record.Id), Math.Max(at, record.Start) - record.Start), Math.Min(record.End, to.Value) - record.Start);
            at = record.End;
        }
        return new(from, to, at >= to.Value ? hash.ToString("x16", System.Globalization.CultureInfo.InvariantCulture) : null);
    }

    internal WalTail Tail(IReadOnlyList<TimelineSpan> lineage, Lsn at, Lsn end)
    {
        SimRecord[] rest = [.. Line(lineage, at.Value).Where(r => r.End > at.Value && r.End <= end.Value)];
        var before = rest.Length == 0 ? null : Line(lineage).LastOrDefault(r => r.End == rest[0].Start);
        return new()
        {
            From = rest.Length == 0 ? end : new(rest[0].Start),
            End = end,
            Commits = rest.Count(r => r.Kind == RecordKind.Row),
            First = rest.Length == 0 ? null : new(new(rest[0].Start), (uint)(rest[0].End - rest[0].Start), new(before?.Start ?? 0), $"{rest[0].Id:X8}", 0, $"{rest[0].Kind}"),
        };
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * 1099511628211UL;
        return (hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9UL;
    }

    /// <summary>The first record that ends after a position.</summary>
    private static int Begin(List<SimRecord> records, ulong from)
    {
        var (low, high) = (0, records.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (records[middle].End <= from)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
