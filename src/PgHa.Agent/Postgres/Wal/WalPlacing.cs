using System.Text;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Puts a file that was staged into the pg_wal of the stopped node (fact 26): facts of the file, of the node and of what is there
/// already, then <see cref="PlacingRules"/>, then the rename. Nothing that holds other WAL is ever replaced.
/// </summary>
internal sealed class WalPlacing(DataDirectory data, SharedObservation observations, WalReading reading, GhostHistories ghosts)
{
    /// <summary>More than any history: a line has some 50 bytes, and each promotion adds one.</summary>
    private const int LongestHistory = 1 << 20;

    /// <summary>The largest size that a file of this name can have here, or why none can be placed now; both are asked again at the end.</summary>
    internal async Task<Answer<long>> LimitAsync(WalFileName name, CancellationToken cancel)
    {
        var seen = await observations.GetAsync(fresh: false, cancel);
        if (PlacingRules.RefuseState(seen) is { } refusal)
            return refusal;
        if (name.Kind == WalFileKind.History)
            return LongestHistory;
        return name.Kind != WalFileKind.Backup && name.Fits(seen.Control!.WalSegmentSize)
            ? seen.Control.WalSegmentSize
            : new Refusal(Code.Invalid, $"{name} is no segment, .partial or .history file of a cluster with segments of {seen.Control!.WalSegmentSize} bytes",
                "write it as 000000030000000000000039");
    }

    /// <summary>Places the file, or says why not. Null as well when the very same file was there before.</summary>
    internal async Task<Refusal?> PlaceAsync(WalFileName name, StagedFile staged, CancellationToken cancel)
    {
        var seen = await observations.GetAsync(fresh: true, cancel);
        if (PlacingRules.RefuseState(seen) is { } refusal)
            return refusal;
        var refused = name.Kind == WalFileKind.History
            ? await JudgeHistoryAsync(name, staged, seen.Control!, cancel)
            : await JudgeSegmentAsync(name, staged, seen, cancel);
        if (refused is not null || IsHere(staged))
            return refused;
        var last = await observations.GetAsync(fresh: true, cancel);
        if (PlacingRules.RefuseState(last) is { } started)
            return started;
        if (last.Control != seen.Control)
            return new(Code.WrongState, $"a server ran on {seen.Node} while {name} was looked at", "see what it did, then repeat the call");
        staged.Place();
        return null;
    }

    /// <summary>Puts a proven file in its place while no server runs. One that somebody has started meanwhile writes there itself.</summary>
    internal async Task<Refusal?> PlaceProvenAsync(StagedFile staged, CancellationToken cancel)
    {
        if (PlacingRules.RefuseState(await observations.GetAsync(fresh: true, cancel)) is { } started)
            return started;
        staged.Place();
        return null;
    }

    /// <summary>Why a segment from elsewhere must not take its place on the node, or null: the same for uploads and for what is copied from a peer.</summary>
    internal string? Misfit(StagedFile staged, WalSegment segment, string systemIdentifier, IReadOnlyList<TimelineSpan> lineage) => PlacingRules.Misfit(
        segment, staged.Length, WalSegmentPages.Read(segment.FileName, staged.Length, staged.Read), systemIdentifier, data.Major ?? 0, lineage);

    /// <summary>Whether the staged segment begins with the WAL that is here, as far as both belong to one lineage.</summary>
    internal bool BeginsAsOurs(StagedFile staged, WalSegment segment, WalPosition own, Lsn common)
    {
        using var ours = reading.Open(own);
        return own.Older.Prepend(new(own.Oldest, own.End)).All(held =>
            IsSame(ours, staged, segment, Lsn.Max(segment.Start, held.From), Lsn.Min(Lsn.Min(common, segment.End), held.To)));
    }

    private static bool IsSame(WalFolder ours, StagedFile staged, WalSegment segment, Lsn from, Lsn to)
    {
        if (from < to)
            to = UsedWal.UsedEnd(ours.Read, ours.SegmentSize, to);
        var (mine, theirs) = (new byte[1 << 16], new byte[1 << 16]);
        for (var at = from; at < to;)
        {
            var wanted = (int)Math.Min((ulong)mine.Length, to - at);
            var read = ours.Read(at, mine.AsSpan(0, wanted));
            if (read == 0 || staged.Read((long)(at - segment.Start), theirs.AsSpan(0, read)) < read
                || !mine.AsSpan(0, read).SequenceEqual(theirs.AsSpan(0, read)))
                return false;
            at += (ulong)read;
        }
        return true;
    }

    private async Task<Refusal?> JudgeHistoryAsync(WalFileName name, StagedFile staged, ControlFacts control, CancellationToken cancel)
    {
        var bytes = new byte[staged.Length];
        staged.Read(0, bytes);
        var history = TimelineHistory.Parse(name.Timeline, Encoding.UTF8.GetString(bytes));
        var misfit = history.IsOk ? PlacingRules.Misfit(history.Value, control, Histories(control.Timeline)) : history.Error.ToString();
        if (misfit is not null)
            return new(Code.BadUpload, $"this is not {name} of this node: {misfit}", "send the history file of the primary's pg_wal or of the archive");
        if (IsHere(staged))
            return null;
        return File.Exists(staged.Target) ? Differs(name) : await ghosts.RefuseAsync(history.Value!, cancel);
    }

    /// <summary>Every history that can be read here; that of the node's own timeline may be one that needs no file.</summary>
    private IEnumerable<TimelineHistory> Histories(TimelineId own) => Directory.EnumerateFiles(data.WalFolder, "*.history")
        .Select(f => WalFileName.TryParse(Path.GetFileName(f), out var name) ? name.Timeline : default)
        .Where(t => t.Value != 0)
        .Append(own)
        .Select(t => WalFolder.History(data.WalFolder, t))
        .Where(h => h.IsOk)
        .Select(h => h.Value);

    private async Task<Refusal?> JudgeSegmentAsync(WalFileName name, StagedFile staged, NodeObservation seen, CancellationToken cancel)
    {
        var control = seen.Control!;
        var segment = name.Segment(control.WalSegmentSize);
        var lineage = PlacingRules.Lineage(name.Timeline, Known(control.Timeline), Known(name.Timeline));
        if (lineage is null)
            return new(Code.BadUpload, $"timeline {name.Timeline} of {name} is not known to lead on from timeline {control.Timeline}, on which {seen.Node} is",
                $"send {WalFileName.HistoryOf(Max(name.Timeline, control.Timeline))} first");
        if (Misfit(staged, segment, control.SystemIdentifier, lineage) is { } misfit)
            return new(Code.BadUpload, $"this is not {name}: {misfit}", "send the file under its own name, whole and as it lies in the pg_wal of a node of this cluster");
        if (WalSegmentPages.Read(segment.FileName, staged.Length, staged.Read).Value.Resumed is { } resumed)
            return new(Code.BadUpload, $"this is not {name}: there is WAL from {resumed} on, but not before it", "send the file as it lies in the pg_wal of a node of this cluster");
        if (IsHere(staged))
            return null;
        var position = await reading.PositionAsync(seen, cancel);
        return Replaceable(staged, segment, position.Value, lineage) ? null : Differs(name);
    }

    /// <summary>
    /// Whether what is here may give way: nothing, an empty or recycled file, or WAL that the staged segment begins with and carries on.
    /// Without an unbroken chain up to here (<paramref name="own"/> is null then) no file that holds WAL of this segment does.
    /// </summary>
    private bool Replaceable(StagedFile staged, WalSegment segment, WalPosition? own, IReadOnlyList<TimelineSpan> lineage)
    {
        var common = own is null ? Lsn.Zero
            : WalAncestry.NominalEnd(own, own with { Timeline = segment.Timeline, Lineage = lineage, End = segment.End });
        if (own is not null && !BeginsAsOurs(staged, segment, own, common))
            return false;
        return !HoldsSegment(staged.Target, segment) || (own is not null && common == own.End && CarriesOn(staged, segment, own));
    }

    /// <summary>Whether a file holds WAL of the segment in its name: a recycled one still has an earlier segment's pages.</summary>
    private static bool HoldsSegment(string path, WalSegment segment)
    {
        if (!File.Exists(path))
            return false;
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> page = stackalloc byte[WalPageHeader.ShortSize];
        return RandomAccess.Read(file, page, 0) == page.Length && WalPageHeader.Read(page) is { Major: > 0 } header && header.Address == segment.Start;
    }

    /// <summary>Whether the record after our last one is in the staged segment.</summary>
    private bool CarriesOn(StagedFile staged, WalSegment segment, WalPosition own)
    {
        if (own.End <= segment.Start || own.End >= segment.End)
            return false;
        using var ours = reading.Open(own);
        int Read(Lsn at, Span<byte> buffer) => at >= segment.Start && at < segment.End
            ? staged.Read((long)(at - segment.Start), buffer[..(int)Math.Min((ulong)buffer.Length, segment.End - at)])
            : ours.Read(at, buffer);
        var next = new WalReader(Read, segment.Size, own.End);
        return next.MoveNext() && next.Current.Prev == own.LastRecord;
    }

    /// <summary>Whether the very same bytes are in the place already.</summary>
    private static bool IsHere(StagedFile staged)
    {
        if (!File.Exists(staged.Target))
            return false;
        using var here = File.OpenHandle(staged.Target, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (RandomAccess.GetLength(here) != staged.Length)
            return false;
        var (mine, theirs) = (new byte[1 << 18], new byte[1 << 18]);
        for (long at = 0; at < staged.Length;)
        {
            var read = staged.Read(at, theirs);
            if (read == 0 || RandomAccess.Read(here, mine.AsSpan(0, read), at) != read || !mine.AsSpan(0, read).SequenceEqual(theirs.AsSpan(0, read)))
                return false;
            at += read;
        }
        return true;
    }

    private TimelineHistory? Known(TimelineId timeline) => WalFolder.History(data.WalFolder, timeline) is { IsOk: true } history ? history.Value : null;

    private static TimelineId Max(TimelineId a, TimelineId b) => a > b ? a : b;

    private static Refusal Differs(WalFileName name) => new(Code.WrongState, $"the WAL that is here differs from this {name}: it is not overwritten",
        "compare both (GET walFiles gives the md5); move the file in pg_wal away by hand if it is really not wanted");
}
