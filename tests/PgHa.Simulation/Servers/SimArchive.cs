using System.Globalization;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Simulation;

/// <summary>
/// The archive that all servers share: archive_command copies to it, and refuses to overwrite a file with another one; restore_command reads from it. A piece of
/// WAL is archived whole, its history before it.
/// </summary>
internal sealed class SimArchive
{
    private readonly SimWal _wal = new();

    /// <summary>It does not answer: both commands hang.</summary>
    internal bool Hangs { get; set; }

    internal bool Knows(uint timeline) => _wal.Knows(timeline);

    /// <summary>Takes what a primary has flushed. False: another server has archived other WAL, or another history, under the same name.</summary>
    internal bool Take(SimWal wal, IReadOnlyList<TimelineSpan> lineage, ulong upto)
    {
        foreach (var span in lineage)
        {
            var timeline = span.Timeline.Value;
            if (timeline > 1 && !_wal.Knows(timeline))
                _wal.Note(timeline, SimWal.Upto(lineage, timeline));
            if (!_wal.Lineage(timeline).Select(s => (s.Timeline, s.Begin)).SequenceEqual(SimWal.Upto(lineage, timeline).Select(s => (s.Timeline, s.Begin))))
                return false;
            if (!Take(wal.Of(timeline), timeline, Math.Min(span.End?.Value ?? ulong.MaxValue, upto)))
                return false;
        }
        return true;
    }

    private bool Take(List<SimRecord> theirs, uint timeline, ulong upto)
    {
        var own = _wal.Of(timeline);
        foreach (var record in theirs.Where(r => r.End <= upto))
            if (own.Count == 0 || own[^1].End <= record.Start)
                own.Add(record);
            else if (own.Find(r => r.Start == record.Start) is var there && there?.Id != record.Id)
                return false;
        return true;
    }

    /// <summary>The newest timeline that a server finds from its own on: one after the other, in the archive or in pg_wal (findNewestTimeLine).</summary>
    internal uint Newest(uint from, SimWal? local = null)
    {
        while (_wal.Knows(from + 1) || local?.Knows(from + 1) == true)
            from++;
        return from;
    }

    /// <summary>The history of a timeline, the archive's before that of pg_wal.</summary>
    internal TimelineSpan[] Lineage(uint timeline, SimWal local) => _wal.Knows(timeline) ? _wal.Lineage(timeline) : local.Lineage(timeline);

    /// <summary>As an agent asks for it.</summary>
    internal ArchivedHistory? Newer(uint timeline) => Newest(timeline) is var newest && newest == timeline ? null : new(newest,
        string.Concat(_wal.Lineage(newest)[..^1].Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Timeline.Value}\t{s.End}\tsimulated\n"))));

    /// <summary>A history that no server of this cluster wrote: somebody has tried a restore, and promoted it.</summary>
    internal void PutForeign(uint timeline, TimelineSpan[] lineage) => _wal.Note(timeline, lineage);

    /// <summary>Somebody takes everything out that is of timelines which none of those nodes went through.</summary>
    internal void Clean(IEnumerable<SimMachine> right) => _wal.Forget(
        [.. right.SelectMany(m => m.Disk.Data!.Wal.Lineage(m.Server.Runs ? m.Server.Timeline : SimServer.Reach(m.Disk.Data, standby: true).Timeline)).Select(s => s.Timeline.Value)]);

    /// <summary>
    /// Recovery along a lineage: each record from the archive, else from pg_wal, until neither has the next one. Where the next timeline's is in neither, it
    /// reads on in the file of the timeline that it is on, also past the point where the lineage leaves that (XLogFileReadAnyTLI). Where it has come to.
    /// </summary>
    internal (uint Timeline, ulong End) Restore(SimWal local, IReadOnlyList<TimelineSpan> lineage, uint timeline, ulong from)
    {
        while (Next(local, lineage, timeline, from) is var (record, on, archived))
        {
            if (on != timeline)
                local.Note(on, SimWal.Upto(lineage, on));
            else if (lineage.First(s => s.Timeline.Value == on).End is { } left && left.Value <= from)
                lineage = SimWal.Upto(lineage, on);
            if (archived && local.At(on, from)?.Id != record.Id)
                local.Write(on, record);
            (timeline, from) = (on, record.End);
        }
        return (timeline, from);
    }

    private (SimRecord Record, uint Timeline, bool Archived)? Next(SimWal local, IReadOnlyList<TimelineSpan> lineage, uint timeline, ulong from)
    {
        var next = lineage.First(s => s.End is not { } end || from < end.Value).Timeline.Value;
        foreach (var on in next > timeline ? (uint[])[next, timeline] : [timeline])
            if (_wal.At(on, from) is { } archived)
                return (archived, on, true);
            else if (local.At(on, from) is { } own)
                return (own, on, false);
        return null;
    }

    /// <summary>Whether it holds the last record before a position as a node does, and goes on unbroken to another.</summary>
    internal bool Continues(SimWal local, IReadOnlyList<TimelineSpan> lineage, ulong from, ulong to) =>
        _wal.Line(lineage).LastOrDefault(r => r.End == from) is { } last && local.Line(lineage).LastOrDefault(r => r.End == from)?.Id == last.Id && _wal.EndFrom(lineage, from) >= to;
}
