using PgHa.Agent.Files;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>
/// The end of the WAL that lies in the files of a stopped node. It is remembered together with the version of every file that the chain
/// of records went through. The chain goes on at its last record only if none of these files was written to since. A server that ran in between has
/// written to them. Without this a stale record behind the new end would look as valid as before (fact 29).
/// </summary>
internal sealed class WalEnds : IDisposable
{
    private readonly SemaphoreSlim _oneWalk = new(1);
    private readonly Dictionary<TimelineId, Memory> _memories = [];

    public void Dispose() => _oneWalk.Dispose();

    /// <summary>Where the chain of records from the checkpoint on ends.</summary>
    /// <param name="folder">pg_wal along the lineage.</param>
    /// <param name="lineage">That lineage.</param>
    /// <param name="segmentSize">wal_segment_size in bytes.</param>
    /// <param name="systemIdentifier">The cluster.</param>
    /// <param name="checkPoint">The control file's checkpoint.</param>
    /// <param name="cancel">Ends the wait for others who ask the same.</param>
    internal async Task<WalEnd> FindAsync(
        WalFolder folder, IReadOnlyList<TimelineSpan> lineage, uint segmentSize, ulong systemIdentifier, Lsn checkPoint, CancellationToken cancel)
    {
        await _oneWalk.WaitAsync(cancel);
        try
        {
            // Looked at before the bytes: what is written meanwhile makes another version.
            var files = folder.VersionsFrom(checkPoint).ToArray();
            var asked = new Memory(systemIdentifier, checkPoint, lineage, files, null!);
            var end = _memories.TryGetValue(lineage[^1].Timeline, out var last) && last.Holds(asked) ? last.End.FindAgain(folder.Read, segmentSize) : null;
            end ??= await Task.Run(() => WalEnd.Find(folder.Read, segmentSize, checkPoint), cancel);
            var passed = end.LastRecord.IsValid ? (int)(end.LastRecord.Value / segmentSize - checkPoint.Value / segmentSize) + 1 : 0;
            if (passed > 0 && passed <= files.Length)
                _memories[lineage[^1].Timeline] = asked with { Files = files[..passed], End = end };
            else
                _memories.Remove(lineage[^1].Timeline);
            return end;
        }
        finally
        {
            _oneWalk.Release();
        }
    }

    /// <summary>An end, and all it rests on.</summary>
    private sealed record Memory(ulong SystemIdentifier, Lsn CheckPoint, IReadOnlyList<TimelineSpan> Lineage, FileVersion[] Files, WalEnd End)
    {
        /// <summary>Whether every byte the chain was followed through is the same, and in the same order.</summary>
        internal bool Holds(Memory now) => SystemIdentifier == now.SystemIdentifier && CheckPoint == now.CheckPoint
            && Lineage.SequenceEqual(now.Lineage)
            && now.Files.Length >= Files.Length && now.Files.AsSpan(0, Files.Length).SequenceEqual(Files);
    }
}
