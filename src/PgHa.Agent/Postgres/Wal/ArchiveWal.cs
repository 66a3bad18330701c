using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Brings WAL that no node holds any more from the archive, by the node's own restore_command. What it gives is believed as far as it is proven: the
/// archive's WAL begins as the node's own does, byte for byte, ends as the primary's begins, and is one chain of records in between. All of it is looked
/// at before any of it takes its place.
/// </summary>
internal sealed class ArchiveWal(
    AgentOptions options, NextStartReading nextStart, ArchiveCommand archive, WalStaging staging, WalPlacing placing, WalReading reading, HistoryFetch histories, PeerLogin login,
    ClusterObserver cluster, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FileWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ArchivedWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim _oneAtATime = new(1); // a dry run holds no lock

    public void Dispose() => _oneAtATime.Dispose();

    private string Target => options.State.ArchiveSegment;

    /// <summary>Whether the archive goes on where the node ends. Changes nothing.</summary>
    internal async Task<StepResult> CheckAsync(string upstream, CancellationToken cancel)
    {
        var view = await cluster.ObserveAsync(fresh: true, cancel);
        var wal = await cluster.CompareWalAsync(view, upstream, cancel);
        if (BringRules.For(options.Node, upstream, wal) is not { FromArchive: true })
            return StepResult.Done("no WAL of the archive is needed");
        var command = await CommandAsync(cancel);
        if (!command.IsOk)
            return StepResult.Failed(command.Refusal);
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            var proof = await ProveAsync(command.Value, wal.PositionOf(options.Node)!, wal.PositionOf(upstream)!, cancel);
            return proof.IsOk ? StepResult.Done(proof.Value) : StepResult.Failed(proof.Refusal);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>Brings the segments; what proves them, or why none was placed.</summary>
    internal async Task<Answer<string>> BringAsync(string upstream, WalToBring bring, WalView wal, CancellationToken cancel)
    {
        var (own, theirs) = (wal.PositionOf(options.Node)!, wal.PositionOf(upstream)!);
        var command = await CommandAsync(cancel);
        if (!command.IsOk)
            return command.Refusal;
        var staged = new SortedDictionary<ulong, StagedFile>();
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            var proof = await ProveAsync(command.Value, own, theirs, cancel);
            if (!proof.IsOk)
                return proof.Refusal;
            foreach (var start in bring.Segments.Reverse()) // the last one is where it meets the primary's: it says soonest whether the rest is worth it
                if (await StageAsync(command.Value, WalCompletion.SegmentOf(theirs, start.Value / theirs.SegmentSize), own, theirs, staged, cancel) is { } refusal)
                    return refusal;
            if (await Task.Run(() => BrokenAt(own, theirs, staged), cancel) is { } broken)
                return new Refusal(Code.WalNotProven, $"the WAL that the archive holds between {own.End} and {theirs.Oldest} is no unbroken chain of records: it breaks at {broken}", Reclone);
            if (await histories.EnsureAsync(own, theirs.Lineage, cluster[upstream].Wal, cancel) is { } strange)
                return strange;
            foreach (var file in staged.Values)
            {
                await file.SyncAsync();
                if (await placing.PlaceProvenAsync(file, cancel) is { } started)
                    return started;
            }
            return $"brought {staged.Count} segments from the archive, from the one at {bring.Segments[0]} on; {proof.Value}";
        }
        finally
        {
            foreach (var file in staged.Values)
                file.Dispose();
            _oneAtATime.Release();
        }
    }

    private string Reclone => $"look at the archive; or POST instance/slave?rejoin=reclone on {options.Node}";

    private async Task<Answer<string>> CommandAsync(CancellationToken cancel)
    {
        var next = await nextStart.ReadAsync(cancel);
        if (!next.IsOk)
            return next.Refusal;
        if (next.Value.ArchiveEndedWith is { } code)
            return ArchiveRules.CannotRun(options.Node, code);
        return next.Value.Settings.GetValueOrDefault("restore_command") is { Length: > 0 } command ? command
            : new Refusal(Code.WalNotProven, $"no node holds the WAL that {options.Node} lacks any more, and restore_command is not set there",
                $"where an archive holds it set restore_command on {options.Node}; else POST instance/slave?rejoin=reclone on {options.Node}");
    }

    /// <summary>The node's WAL beside the archive's, from its end back, as far as both go.</summary>
    private async Task<Answer<string>> ProveAsync(string command, WalPosition own, WalPosition theirs, CancellationToken cancel)
    {
        if (own.Oldest >= own.End)
            return new Refusal(Code.WalNotProven, $"{options.Node} holds no WAL right before {own.End} that could be compared with the archive's", Reclone);
        var last = (own.End.Value - 1) / own.SegmentSize;
        var first = Lsn.Max(own.Oldest, new Lsn(own.End.Value - Math.Min(own.End.Value, WalAncestry.Bound))).Value / own.SegmentSize;
        var from = own.End;
        for (var number = last; number + 1 > first; number--)
        {
            var segment = WalCompletion.SegmentOf(theirs, number);
            using var staged = Aside();
            var found = await FetchAsync(command, segment, staged, cancel);
            if (!found.IsOk)
                return found.Refusal;
            if (!found.Value && number == last)
                return Lacks(segment, "in which its WAL ends");
            if (!found.Value)
                break;
            if (Misfit(staged, segment, own, theirs) is { } misfit)
                return misfit;
            from = Lsn.Max(segment.Start, own.Oldest);
        }
        return $"the archive holds the WAL of {options.Node} from {from} to {own.End}, byte for byte";
    }

    /// <summary>For what is only looked at. One that a killed agent left goes.</summary>
    private StagedFile Aside()
    {
        var path = options.State.ArchiveProof;
        File.Delete(path);
        return new(path, "");
    }

    private async Task<Refusal?> StageAsync(
        string command, WalSegment segment, WalPosition own, WalPosition theirs, SortedDictionary<ulong, StagedFile> staged, CancellationToken cancel)
    {
        var file = staging.Create(segment.FileName);
        staged.Add(segment.Number, file);
        var meets = segment.End > theirs.Oldest;
        var found = await FetchAsync(command, segment, file, cancel);
        if (found is { IsOk: true, Value: false } && meets)
            found = await AwaitArchivedAsync(command, segment, theirs, file, cancel);
        if (!found.IsOk)
            return found.Refusal;
        if (!found.Value)
            return Lacks(segment, meets ? $"the oldest that {theirs.Node} holds, by which both are compared" : "which it lacks");
        return Misfit(file, segment, own, theirs) ?? (meets ? await DiffersAsync(file, segment, theirs, cancel) : null);
    }

    /// <summary>The segment that the primary writes is archived once it goes on to the next.</summary>
    private async Task<Answer<bool>> AwaitArchivedAsync(string command, WalSegment segment, WalPosition theirs, StagedFile file, CancellationToken cancel)
    {
        try
        {
            await using var connection = await login.OpenAsync(options.Nodes.First(n => n.Name == theirs.Node), cancel);
            if (segment.End > theirs.End)
                await LocalSql.ScalarAsync(connection, "SELECT pg_switch_wal()::text", cancel);
        }
        catch (NpgsqlException e)
        {
            return new Refusal(Code.WalNotProven, $"{theirs.Node} still writes {segment.FileName}, the oldest that it holds, and cannot be told to archive it: {PeerLogin.Words(e)}",
                $"SELECT pg_switch_wal() on {theirs.Node} as superuser, then repeat the call");
        }
        var begun = time.GetTimestamp();
        while (true)
        {
            var found = await FetchAsync(command, segment, file, cancel);
            if (!found.IsOk || found.Value || time.GetElapsedTime(begun) > ArchivedWithin)
                return found;
            await Task.Delay(Interval, time, cancel);
        }
    }

    /// <summary>Into a file of ours: a command may put another file in the place of its target.</summary>
    private async Task<Answer<bool>> FetchAsync(string command, WalSegment segment, StagedFile into, CancellationToken cancel)
    {
        var reply = await archive.AskAsync(command, segment.FileName, Target, FileWithin, cancel);
        try
        {
            if (reply.Slow)
                return new Refusal(Code.WrongState, $"restore_command of {options.Node} takes longer than {FileWithin.TotalSeconds} s for {segment.FileName}", Reclone);
            if (reply.EndedWith is { } code)
                return ArchiveRules.CannotRun(options.Node, code);
            if (!reply.Found)
                return false;
            await using var file = new FileStream(Target, FileMode.Open, FileAccess.Read);
            if (file.Length != segment.Size)
                return false; // it is only being archived, perhaps
            into.Stream.Position = 0;
            await file.CopyToAsync(into.Stream, cancel);
            return true;
        }
        finally
        {
            File.Delete(Target);
        }
    }

    private Refusal? Misfit(StagedFile file, WalSegment segment, WalPosition own, WalPosition theirs)
    {
        if (placing.Misfit(file, segment, own.SystemIdentifier, [.. theirs.Lineage.TakeWhile(s => s.Timeline <= segment.Timeline)]) is { } misfit)
            return new(Code.WalNotProven, $"what restore_command of {options.Node} gives for {segment.FileName} is not of the line of {theirs.Node}: {misfit}", Reclone);
        return placing.BeginsAsOurs(file, segment, own, own.End) ? null : new(Code.WalNotProven,
            $"the WAL of {options.Node} is not that of the archive: they differ in {segment.FileName}, before {own.End}",
            $"if the archive is right, {options.Node} has gone its own way: POST instance/slave?rejoin=reclone on {options.Node} (what exists only there is salvaged first)");
    }

    private async Task<Refusal?> DiffersAsync(StagedFile file, WalSegment segment, WalPosition theirs, CancellationToken cancel)
    {
        var (from, to) = (Lsn.Max(segment.Start, theirs.Oldest), Lsn.Min(segment.End, theirs.End));
        var digest = from < to ? (await cluster[theirs.Node].Wal.DigestAsync(from, to, cancel)).Value?.Hash : null;
        return digest is not null && digest == file.Digest(segment, from, to) ? null : new(Code.WalNotProven,
            $"{segment.FileName} of the archive cannot be proven to be that of {theirs.Node}, from {from} to {to}", Reclone);
    }

    /// <summary>Where the records from the node's last one to the oldest WAL of the primary are not one chain; null if they are.</summary>
    private Lsn? BrokenAt(WalPosition own, WalPosition theirs, SortedDictionary<ulong, StagedFile> staged)
    {
        using var ours = reading.Open(own);
        int Read(Lsn at, Span<byte> buffer) => staged.TryGetValue(at.Value / own.SegmentSize, out var file)
            ? file.Read((long)(at.Value % own.SegmentSize), buffer[..(int)Math.Min((ulong)buffer.Length, own.SegmentSize - (at.Value % own.SegmentSize))])
            : ours.Read(at, buffer);
        var reader = new WalReader(Read, own.SegmentSize, own.LastRecord ?? own.End);
        while (reader.MoveNext())
            if (reader.Current.Lsn >= theirs.Oldest)
                return null;
        return reader.EndSeenAt;
    }

    private Refusal Lacks(WalSegment segment, string what) => new(Code.WalNotProven,
        $"{options.Node} lacks WAL that no node holds any more, and restore_command there does not give {segment.FileName} whole, {what}",
        $"see that restore_command of {options.Node} reaches the archive and that it is whole, then repeat the call; or POST instance/slave?rejoin=reclone on {options.Node}");
}
