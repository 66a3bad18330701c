using System.Buffers.Binary;
using PgHa.Agent.Cluster;
using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Gives a stopped node the WAL it misses from another node's pg_wal: each segment is staged, verified (size, page header, cluster,
/// and that it begins with what is here already), fsynced and renamed (fact 26). At the end both digests must agree.
/// </summary>
internal sealed class WalCompletion(DataDirectory data, WalReading reading)
{
    private const string Staging = ".pgha-staging";

    internal async Task<StepResult> RunAsync(WalAncestry kin, WalPosition own, WalPosition theirs, INode source, CancellationToken cancel)
    {
        if (kin.Kinship is WalKinship.Identical or WalKinship.Ahead)
            return StepResult.Done($"nothing is missing: {kin.Evidence}");
        if (kin.Kinship != WalKinship.Behind)
            return StepResult.Failed(Code.WalNotProven, kin.Evidence, "the WAL of the two nodes does not continue one another");
        var first = own.End.Value / own.SegmentSize;
        var last = (theirs.End.Value - 1) / own.SegmentSize;
        foreach (var span in theirs.Lineage.Where(s => s.Timeline > own.Timeline))
            if (await HistoryAsync(span.Timeline, source, cancel) is { } refusal)
                return StepResult.Failed(refusal);
        for (var number = first; number <= last; number++)
            if (await SegmentAsync(SegmentOf(theirs, number), own, source, cancel) is { } refusal)
                return StepResult.Failed(refusal);
        return await VerifyAsync(own, theirs, new Lsn(first * own.SegmentSize), last - first + 1, source, cancel);
    }

    /// <summary>The segment as the newest timeline begun by then has it: it holds the older timeline's WAL up to the switch, too.</summary>
    private static WalSegment SegmentOf(WalPosition theirs, ulong number) =>
        new(theirs.Lineage.Last(s => s.Begin.Value / theirs.SegmentSize <= number).Timeline, number, theirs.SegmentSize);

    private async Task<Refusal?> HistoryAsync(TimelineId timeline, INode source, CancellationToken cancel)
    {
        var name = WalFileName.HistoryOf(timeline).ToString();
        var path = Path.Combine(data.WalFolder, name);
        if (File.Exists(path))
            return null;
        if (await StageAsync(name, source, cancel) is { } refusal)
            return refusal;
        var parsed = TimelineHistory.Parse(timeline, await File.ReadAllTextAsync(path + Staging, cancel));
        if (!parsed.IsOk)
            return new(Code.WalNotProven, $"{name} of {source.Name} cannot be read: {parsed.Error}", "look at that node's pg_wal");
        DurableFile.Rename(path + Staging, path);
        return null;
    }

    private async Task<Refusal?> SegmentAsync(WalSegment segment, WalPosition own, INode source, CancellationToken cancel)
    {
        if (await StageAsync(segment.FileName, source, cancel) is { } refusal)
            return refusal;
        var path = Path.Combine(data.WalFolder, segment.FileName);
        if (Misfit(path + Staging, segment, own) is { } misfit)
        {
            File.Delete(path + Staging);
            return new(Code.WalNotProven, $"{segment.FileName} of {source.Name} is not fit to be placed: {misfit}", "look at that node's pg_wal");
        }
        DurableFile.Rename(path + Staging, path);
        return null;
    }

    private async Task<Refusal?> StageAsync(string name, INode source, CancellationToken cancel)
    {
        var staged = Path.Combine(data.WalFolder, name + Staging);
        await using var file = new FileStream(staged, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var copied = await source.CopyWalFileAsync(name, file, cancel);
        file.Flush(flushToDisk: true);
        if (!copied.IsOk)
            File.Delete(staged);
        return copied.Refusal;
    }

    /// <summary>Why a staged segment must not take its place, or null.</summary>
    private string? Misfit(string staged, WalSegment segment, WalPosition own)
    {
        using var file = new FileStream(staged, FileMode.Open, FileAccess.Read);
        if (file.Length != segment.Size)
            return $"it has {file.Length} bytes instead of {segment.Size}";
        var page = new byte[WalPageHeader.LongSize];
        file.ReadExactly(page);
        var header = WalPageHeader.Read(page);
        if (!header.IsLong || header.Address != segment.Start || header.Timeline > segment.Timeline)
            return $"its first page is of {header.Address} on timeline {header.Timeline}";
        var system = BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(24)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (system != own.SystemIdentifier)
            return $"it belongs to cluster {system}";
        return BeginsAsOurs(file, segment, own) ? null : "it differs from the WAL that is here already";
    }

    private bool BeginsAsOurs(FileStream staged, WalSegment segment, WalPosition own)
    {
        using var ours = reading.Open(own);
        var (mine, theirs) = (new byte[1 << 16], new byte[1 << 16]);
        for (var at = segment.Start; at < Lsn.Min(own.End, segment.End);)
        {
            var wanted = (int)Math.Min((ulong)mine.Length, Lsn.Min(own.End, segment.End) - at);
            var read = ours.Read(at, mine.AsSpan(0, wanted));
            if (read == 0)
                return false;
            staged.Seek((long)(at - segment.Start), SeekOrigin.Begin);
            staged.ReadExactly(theirs.AsSpan(0, read));
            if (!mine.AsSpan(0, read).SequenceEqual(theirs.AsSpan(0, read)))
                return false;
            at += (ulong)read;
        }
        return true;
    }

    private async Task<StepResult> VerifyAsync(
        WalPosition own, WalPosition theirs, Lsn from, ulong segments, INode source, CancellationToken cancel)
    {
        using var completed = reading.Open(theirs);
        var mine = completed.Digest(from, theirs.End, cancel);
        var other = await source.WalDigestAsync(from, theirs.End, cancel);
        return mine.Hash is not null && mine.Hash == other.Value?.Hash
            ? StepResult.Done($"copied {segments} segments from {source.Name}: WAL complete from {own.End} to {theirs.End}, digests agree (XXH128 {mine.Hash})")
            : StepResult.Failed(Code.WalNotProven, $"after the copy the WAL of {own.Node} and {source.Name} up to {theirs.End} is not the same", "repeat the call");
    }
}
