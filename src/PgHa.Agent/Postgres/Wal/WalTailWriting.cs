using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Gives a running standby the last bytes of a stopped primary's WAL: into its own segment file at their offset, where its startup process
/// finds them (facts 14 and 26). Its walreceiver must be gone. Afterwards it has replayed exactly to the primary's end.
/// </summary>
internal sealed class WalTailWriting(DataDirectory data, WalReading reading, StartupNudge nudge, TimeProvider time)
{
    private const ulong Most = 1UL << 30;

    /// <summary>Replay of a tail takes a few milliseconds. After this a session that reads here may be in its way, and every writer waits for that.</summary>
    private static readonly TimeSpan ReaderPatience = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReplayWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(2);

    /// <summary>What was done besides, beginning with "; "; or why it could not be done.</summary>
    internal async Task<Answer<string>> RunAsync(WalPosition own, WalPosition theirs, IWalSource source, NpgsqlConnection connection, CancellationToken cancel)
    {
        if (theirs.End < own.End || theirs.Timeline != own.Timeline || theirs.End - own.End > Most)
            return new Refusal(Code.WalNotProven, $"{own.Node} ends at {own.End} on timeline {own.Timeline}, {theirs.Node} at {theirs.End} on timeline {theirs.Timeline}", "repeat the call: it is planned anew");
        if (theirs.End > own.End && await WriteAsync(own, theirs, source, cancel) is { } failed)
            return failed;
        return await ReplayAsync(theirs, connection, cancel);
    }

    private async Task<Refusal?> WriteAsync(WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel)
    {
        var copied = new MemoryStream();
        for (var at = own.End; at < theirs.End; at += (ulong)copied.Length)
        {
            var segment = WalSegment.At(theirs.Timeline, at, theirs.SegmentSize);
            copied.SetLength(0);
            var got = await source.CopyAsync(at, Lsn.Min(segment.End, theirs.End), copied, cancel);
            if (!got.IsOk)
                return got.Refusal;
            if (copied.Length == 0)
                return new(Code.WalNotProven, $"the WAL of {theirs.Node} from {at} on cannot be read", "look at its pg_wal");
            Write(segment, at, copied.GetBuffer().AsSpan(0, (int)copied.Length));
        }
        using var folder = reading.Open(theirs);
        var mine = folder.Digest(own.End, theirs.End, cancel);
        var other = await source.DigestAsync(own.End, theirs.End, cancel);
        return mine.Hash is not null && mine.Hash == other.Value?.Hash ? null
            : new(Code.WalNotProven, $"after the copy the WAL of {own.Node} and {theirs.Node} from {own.End} to {theirs.End} is not the same", "repeat the call");
    }

    /// <summary>Written in place, never replaced, because the server holds its segment open. A segment that does not exist yet is made whole first.</summary>
    private void Write(WalSegment segment, Lsn at, ReadOnlySpan<byte> bytes)
    {
        var path = Path.Combine(data.WalFolder, segment.FileName);
        if (!File.Exists(path))
            MakeEmpty(path, segment.Size);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        RandomAccess.Write(file.SafeFileHandle, bytes, (long)(at - segment.Start));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Its room is reserved, because the server relies on it for a segment that exists. It is not filled with zeros, because writes wait.</summary>
    private static void MakeEmpty(string path, uint size)
    {
        var aside = path + ".pgha-new";
        try
        {
            using (var file = new FileStream(aside, FileMode.Create, FileAccess.Write))
            {
                File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                Linux.Allocate(file.SafeFileHandle, size);
                file.Flush(flushToDisk: true);
            }
            DurableFile.Rename(aside, path);
        }
        finally
        {
            File.Delete(aside); // where there was no room
        }
    }

    private async Task<Answer<string>> ReplayAsync(WalPosition theirs, NpgsqlConnection connection, CancellationToken cancel)
    {
        using var startup = await nudge.FindAsync(connection, cancel);
        // It may have been paused meanwhile. The promotion would end the pause, too (fact 17), but comes only after all is replayed.
        await LocalSql.ScalarAsync(connection, "SELECT pg_wal_replay_resume()::text", cancel);
        var begun = time.GetTimestamp();
        var ended = new SortedSet<string>(StringComparer.Ordinal);
        while (!Lsn.TryParse(await LocalSql.ScalarAsync(connection, "SELECT pg_last_wal_replay_lsn()::text", cancel), out var replayed) || replayed < theirs.End)
        {
            if (time.GetElapsedTime(begun) > ReplayWithin)
                return new Refusal(Code.StepFailed, $"it has replayed to {replayed} only, not to {theirs.End}, after {ReplayWithin.TotalSeconds} s{Words(ended)}",
                    "look at its log, and whether replay is paused or delayed");
            if (time.GetElapsedTime(begun) > ReaderPatience)
                ended.UnionWith(await RecoveryConflict.EndAsync(connection, cancel));
            StartupNudge.Wake(startup); // also from its waits for a reader, which grow to a second
            await Task.Delay(Interval, time, cancel);
        }
        return Words(ended);
    }

    private static string Words(SortedSet<string> ended) => ended.Count == 0 ? "" : $"; ended {string.Join(", ", ended)}: replay waited for it";
}
