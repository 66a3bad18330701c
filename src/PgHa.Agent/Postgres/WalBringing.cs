using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
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
internal sealed class WalBringing(AgentOptions options, WalStaging staging, WalPlacing placing, HistoryFetch histories, Lazy<ClusterObserver> cluster)
{
    internal async Task<StepResult> RunAsync(string upstream, ClusterView view, CancellationToken cancel)
    {
        var wal = await cluster.Value.CompareWalAsync(view, upstream, cancel);
        if ((wal.ProblemOf(options.Node) ?? wal.ProblemOf(upstream) ?? StandbyPlan.RefuseFollowing(options.Node, upstream, wal)) is { } refusal)
            return StepResult.Failed(refusal);
        if (BringRules.For(options.Node, upstream, wal) is not { } bring)
            return StepResult.Done("streaming can bring all");
        Refusal? last = null;
        foreach (var source in bring.Sources)
        {
            var proof = bring.Recycled ? await cluster.Value.CompareWalAsync(view, source, cancel) : wal;
            last = StandbyPlan.RefuseJoin(options.Node, proof) ?? await FromAsync(source, bring, proof, cancel);
            if (last is null)
                return StepResult.Done($"brought {bring.Segments.Count} segments from {source}, from the one at {bring.Segments[0]} on; {proof.Of(options.Node).Evidence}");
        }
        return StepResult.Failed(last ?? BringRules.Refuse(options.Node, upstream, bring, wal)!);
    }

    private async Task<Refusal?> FromAsync(string source, WalToBring bring, WalView wal, CancellationToken cancel)
    {
        var (own, theirs, from) = (wal.PositionOf(options.Node)!, wal.PositionOf(source)!, cluster.Value[source]);
        foreach (var span in theirs.Lineage.Where(s => s.Timeline > own.Timeline))
            if (await histories.EnsureAsync(span.Timeline, theirs.Lineage, from, cancel) is { } refusal)
                return refusal;
        foreach (var start in bring.Segments)
            if (await SegmentAsync(WalCompletion.SegmentOf(theirs, start.Value / theirs.SegmentSize), bring, own, theirs, from, cancel) is { } refusal)
                return refusal;
        return null;
    }

    /// <summary>The rest of a segment that is not whole yet is zeros: no WAL.</summary>
    private async Task<Refusal?> SegmentAsync(WalSegment segment, WalToBring bring, WalPosition own, WalPosition theirs, INode source, CancellationToken cancel)
    {
        var upto = Lsn.Min(segment.End, bring.Recycled ? theirs.End : theirs.Lineage[^1].Begin);
        using var staged = staging.Create(segment.FileName);
        var copied = await source.CopyWalAsync(segment.Start, upto, staged.Stream, cancel);
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
        staged.Place();
        return null;
    }

    private static async Task<string?> DiffersAsync(StagedFile staged, WalSegment segment, Lsn upto, INode source, CancellationToken cancel)
    {
        var theirs = await source.WalDigestAsync(segment.Start, upto, cancel);
        return theirs.Value?.Hash == staged.Digest((long)(upto - segment.Start)) ? null : $"its bytes up to {upto} are not those that {source.Name} reads there";
    }
}
