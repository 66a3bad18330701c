using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>Copies timeline histories from another node into the pg_wal of the stopped node. One that is here must tell the same.</summary>
internal sealed class HistoryFetch(DataDirectory data, WalStaging staging)
{
    /// <summary>Null when the histories of a lineage are here from the node's own timeline on, and numbers that it passes over are reserved, so that the start finds them all in turn.</summary>
    internal async Task<Refusal?> EnsureAsync(WalPosition own, IReadOnlyList<TimelineSpan> lineage, IWalSource source, CancellationToken cancel)
    {
        foreach (var span in lineage.Where(s => s.Timeline > own.Timeline))
            if (await EnsureAsync(span.Timeline, lineage, source, cancel) is { } refusal)
                return refusal;
        ReservedTimelines.FillGaps(data.WalFolder, own.Timeline, lineage);
        return null;
    }

    /// <summary>Null when the history of a timeline is here, and is that of the lineage.</summary>
    private async Task<Refusal?> EnsureAsync(TimelineId timeline, IReadOnlyList<TimelineSpan> lineage, IWalSource source, CancellationToken cancel)
    {
        var name = WalFileName.HistoryOf(timeline).ToString();
        if (File.Exists(Path.Combine(data.WalFolder, name)))
            return IsOf(WalFolder.History(data.WalFolder, timeline), lineage) ? null : new(Code.WalNotProven,
                $"{name} in pg_wal here tells another origin of timeline {timeline} than {source.Name} does", "move that file out of pg_wal, then repeat the call");
        using var staged = staging.Create(name);
        var copied = await source.CopyFileAsync(name, staged.Stream, cancel);
        if (!copied.IsOk)
            return copied.Refusal;
        await staged.SyncAsync();
        staged.Stream.Position = 0;
        using var text = new StreamReader(staged.Stream, leaveOpen: true);
        var parsed = TimelineHistory.Parse(timeline, await text.ReadToEndAsync(cancel));
        if (!parsed.IsOk || !IsOf(parsed, lineage))
            return new(Code.WalNotProven, $"{name} of {source.Name} cannot be read, or is not of its lineage: {parsed.Error}", "look at that node's pg_wal");
        staged.Place();
        return null;
    }

    private static bool IsOf(Parsed<TimelineHistory> history, IReadOnlyList<TimelineSpan> lineage) => history.IsOk
        && history.Value.Entries.Select(s => (s.Timeline, s.Begin)).SequenceEqual(lineage.TakeWhile(s => s.Timeline <= history.Value.Timeline).Select(s => (s.Timeline, s.Begin)));
}
