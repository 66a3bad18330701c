using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Gives a stopped node the WAL it misses from another node's pg_wal: each segment is staged, verified (size, page headers, cluster,
/// timelines, and that it begins with what is here already), fsynced and renamed (fact 26). At the end both digests must agree.
/// </summary>
internal sealed class WalCompletion(WalReading reading, WalStaging staging, WalPlacing placing, HistoryFetch histories)
{
    internal async Task<StepResult> RunAsync(WalAncestry kin, WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel)
    {
        if (kin.Kinship is WalKinship.Identical or WalKinship.Ahead)
            return StepResult.Done($"nothing is missing: {kin.Evidence.Words}");
        if (kin.Kinship != WalKinship.Behind)
            return StepResult.Failed(Code.WalNotProven, kin.Evidence.Words, "the WAL of the two nodes does not continue one another");
        var first = own.End.Value / own.SegmentSize;
        var last = (theirs.End.Value - 1) / own.SegmentSize;
        if (await histories.EnsureAsync(own, theirs.Lineage, source, cancel) is { } strange)
            return StepResult.Failed(strange);
        for (var number = first; number <= last; number++)
            if (await SegmentAsync(SegmentOf(theirs, number), own, theirs, source, cancel) is { } refusal)
                return StepResult.Failed(refusal);
        return await VerifyAsync(own, theirs, new Lsn(first * own.SegmentSize), last - first + 1, source, cancel);
    }

    /// <summary>The segment as the newest timeline begun by then has it: it holds the older timeline's WAL up to the switch, too.</summary>
    internal static WalSegment SegmentOf(WalPosition theirs, ulong number) =>
        new(theirs.Lineage.Last(s => s.Begin.Value / theirs.SegmentSize <= number).Timeline, number, theirs.SegmentSize);

    private async Task<Refusal?> SegmentAsync(WalSegment segment, WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel)
    {
        using var staged = staging.Create(segment.FileName);
        if (await FetchAsync(staged, segment.FileName, source, cancel) is { } refusal)
            return refusal;
        var lineage = theirs.Lineage.TakeWhile(s => s.Timeline <= segment.Timeline).ToArray();
        var misfit = placing.Misfit(staged, segment, own.SystemIdentifier, lineage)
            ?? (placing.BeginsAsOurs(staged, segment, own, own.End) ? null : "it differs from the WAL that is here already");
        if (misfit is not null)
            return new(Code.WalNotProven, $"{segment.FileName} of {source.Name} is not fit to be placed: {misfit}", "look at that node's pg_wal");
        return await placing.PlaceProvenAsync(staged, cancel);
    }

    private static async Task<Refusal?> FetchAsync(StagedFile staged, string name, IWalSource source, CancellationToken cancel)
    {
        var copied = await source.CopyFileAsync(name, staged.Stream, cancel);
        await staged.SyncAsync();
        return copied.Refusal;
    }

    private async Task<StepResult> VerifyAsync(
        WalPosition own, WalPosition theirs, Lsn from, ulong segments, IWalSource source, CancellationToken cancel)
    {
        using var completed = reading.Open(theirs);
        var mine = completed.Digest(from, theirs.End, cancel);
        var other = await source.DigestAsync(from, theirs.End, cancel);
        return mine.Hash is not null && mine.Hash == other.Value?.Hash
            ? StepResult.Done($"copied {segments} segments from {source.Name}: WAL complete from {own.End} to {theirs.End}, digests agree (XXH128 {mine.Hash})")
            : StepResult.Failed(Code.WalNotProven, $"after the copy the WAL of {own.Node} and {source.Name} up to {theirs.End} is not the same", "repeat the call");
    }
}
