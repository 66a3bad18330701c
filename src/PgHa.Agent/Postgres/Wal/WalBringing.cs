using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Brings a stopped node the histories and the segments that streaming cannot bring. Its startup then replays over the switches of timelines
/// from its own pg_wal, and streams from there on. The source may be a running primary: of the segment it writes only what lies before the
/// last switch is copied.
/// </summary>
internal sealed class WalBringing(WalStaging staging, WalPlacing placing, HistoryFetch histories)
{
    /// <summary>Null when all is there.</summary>
    internal async Task<Refusal?> RunAsync(WalToBring bring, WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel)
    {
        if (await histories.EnsureAsync(own, theirs.Lineage, source, cancel) is { } strange)
            return strange;
        foreach (var start in bring.Segments)
            if (await SegmentAsync(WalCompletion.SegmentOf(theirs, start.Value / theirs.SegmentSize), bring, own, theirs, source, cancel) is { } refusal)
                return refusal;
        return null;
    }

    /// <summary>The rest of a segment that is not whole yet is zeros: no WAL.</summary>
    private async Task<Refusal?> SegmentAsync(WalSegment segment, WalToBring bring, WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel)
    {
        var upto = Lsn.Min(segment.End, bring.Recycled ? theirs.End : theirs.Lineage[^1].Begin);
        using var staged = staging.Create(segment.FileName);
        var copied = await source.CopyAsync(segment.Start, upto, staged.Stream, cancel);
        if (!copied.IsOk)
            return copied.Refusal;
        if ((ulong)staged.Length != upto - segment.Start)
            return new(Code.WalNotProven, $"{source.Name} does not hold its WAL from {segment.Start} to {upto} any more", $"POST instance/slave?rejoin=reclone on {own.Node}");
        staged.Stream.SetLength(segment.Size);
        await staged.SyncAsync();
        var lineage = theirs.Lineage.TakeWhile(s => s.Timeline <= segment.Timeline).ToArray();
        var misfit = placing.Misfit(staged, segment, own.SystemIdentifier, lineage)
            ?? (placing.BeginsAsOurs(staged, segment, own, own.End) ? null : "it differs from the WAL that is here already")
            ?? await DiffersAsync(staged, segment, upto, source, cancel);
        if (misfit is not null)
            return new(Code.WalNotProven, $"{segment.FileName} of {source.Name} is not fit to be placed: {misfit}", "look at that node's pg_wal");
        return await placing.PlaceProvenAsync(staged, cancel);
    }

    private static async Task<string?> DiffersAsync(StagedFile staged, WalSegment segment, Lsn upto, IWalSource source, CancellationToken cancel)
    {
        var theirs = await source.DigestAsync(segment.Start, upto, cancel);
        return theirs.Value?.Hash is { } hash && hash == staged.Digest(segment, segment.Start, upto) ? null : $"its bytes up to {upto} are not those that {source.Name} reads there";
    }
}
