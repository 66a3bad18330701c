using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Simulation;

/// <summary>The WAL of the stopped server, and the tail that a take over gives.</summary>
internal sealed partial class SimHands
{
    private async Task<Answer<string>> GiveTailAsync(WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel)
    {
        if (theirs.End < own.End || theirs.Timeline != own.Timeline)
            return new Refusal(Code.WalNotProven, $"{own.Node} ends at {own.End}, {theirs.Node} at {theirs.End}", "repeat the call: it is planned anew");
        if (theirs.End > own.End && await CopyAsync(own, theirs, source, cancel, running: true) is { } refusal)
            return refusal;
        Instance.ReplayFiles();
        return Instance.Phase == ServerPhase.Up && Instance.End >= theirs.End.Value ? "" : new Refusal(Code.StepFailed, $"it has replayed to {Instance.End:X} only", "look at its log");
    }

    /// <summary>What it misses, verified.</summary>
    private async Task<Refusal?> CopyAsync(WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel, bool running = false)
    {
        var bytes = new MemoryStream();
        var copied = await source.CopyAsync(own.End, theirs.End, bytes, cancel);
        if (!copied.IsOk)
            return copied.Refusal;
        if (Instance.Runs && !running)
            return new(Code.WrongState, $"the server of {own.Node} was started meanwhile", "repeat the call");
        Write(data =>
        {
            foreach (var span in theirs.Lineage.Where(s => s.Timeline > own.Timeline))
                data.Wal.Note(span.Timeline.Value, [.. theirs.Lineage.TakeWhile(s => s.Timeline <= span.Timeline).Select(s => s.Timeline == span.Timeline ? s with { End = null } : s)]);
            SimWalCopy.Place(data.Wal, bytes.ToArray());
        });
        var digest = await source.DigestAsync(own.End, theirs.End, cancel);
        return digest.Value?.Hash is { } hash && hash == Disk.Mounted?.Wal.Digest(theirs.Lineage, own.End, theirs.End).Hash ? null
            : new(Code.WalNotProven, $"after the copy the WAL of {own.Node} and {theirs.Node} is not the same", "repeat the call");
    }

    public async Task<StepResult> CompleteAsync(WalAncestry kin, WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel)
    {
        if (kin.Kinship is WalKinship.Identical or WalKinship.Ahead)
            return StepResult.Done("nothing is missing");
        if (kin.Kinship != WalKinship.Behind)
            return StepResult.Failed(Code.WalNotProven, kin.Evidence.Words, "the WAL of the two nodes does not continue one another");
        return await CopyAsync(own, theirs, source, cancel) is { } refusal ? StepResult.Failed(refusal) : StepResult.Done($"WAL complete to {theirs.End}");
    }

    public async Task<Refusal?> BringAsync(WalToBring bring, WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel)
    {
        await Take(5, 200, cancel);
        return await CopyAsync(own, theirs, source, cancel);
    }

    public async Task<Answer<string>> BringFromArchiveAsync(string upstream, WalToBring bring, WalView wal, CancellationToken cancel)
    {
        await Take(5, 200, cancel);
        var (own, theirs) = (wal.PositionOf(Machine.Name)!, wal.PositionOf(upstream)!);
        if (RefuseArchive(own, theirs) is { } refusal)
            return refusal;
        if (Instance.Runs)
            return new Refusal(Code.WrongState, $"the server of {own.Node} was started meanwhile", "repeat the call");
        Write(data => Machine.Field.Archive!.Restore(data.Wal, theirs.Lineage, own.Timeline.Value, own.End.Value));
        return "brought from the archive";
    }

    private Refusal? RefuseArchive(WalPosition own, WalPosition theirs) => Machine.Field.Archive is { Hangs: false } archive && archive.Continues(Mounted.Wal, theirs.Lineage, own.End.Value, theirs.Oldest.Value)
        ? null : new(Code.WalNotProven, $"the archive does not go on where {own.Node} ends", $"look at the archive; or POST instance/slave?rejoin=reclone on {own.Node}");
}
