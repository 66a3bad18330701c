using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>What lies in pg_wal from a segment on, with digests for comparison (md5, as the specification has it; not for security).</summary>
internal sealed class WalListing(DataDirectory data, WalReading reading)
{
    private readonly ConcurrentDictionary<string, (FileVersion Version, string Md5)> _digests = new();

    /// <summary>Segments, .partial and .history files from the given segment on, later timelines included, in name order.</summary>
    internal async Task<IReadOnlyList<(string File, string Md5)>> FromAsync(WalSegment first, WalPosition position)
    {
        var names = Directory.EnumerateFiles(data.WalFolder).Select(path => Path.GetFileName(path)!).ToArray();
        foreach (var gone in _digests.Keys.Except(names))
            _digests.TryRemove(gone, out _);
        string[] wanted = [.. names.Where(n => WalFileName.TryParse(n, out var name) && Belongs(name, first, position)).Order(StringComparer.Ordinal)];
        var digests = await DigestsAsync(wanted);
        return [.. wanted.Zip(digests).Where(f => f.Second.Length > 0)];
    }

    /// <summary>One thread for each core, none of them the pool's: other calls must not wait for a gigabyte.</summary>
    private async Task<string[]> DigestsAsync(string[] names)
    {
        var digests = new string[names.Length];
        var next = -1;
        void Work()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < names.Length;)
                digests[i] = Digest(names[i]);
        }
        await Task.WhenAll(Enumerable.Range(0, Math.Min(Environment.ProcessorCount, names.Length))
            .Select(_ => Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return digests;
    }

    /// <summary>Whether a record starts at a position of a timeline, and how many there are from it on.</summary>
    internal static (WalValidity Validity, long Count) Validate(WalFolder folder, WalPosition position, TimelineId timeline, Lsn at)
    {
        if (position.Lineage.FirstOrDefault(s => s.Timeline == timeline) is not { } span)
            return (WalValidity.NoSuchWal, 0);
        var end = span.End is { } left ? Lsn.Min(left, position.End) : position.End;
        if (at >= end)
            return (WalValidity.NothingThere, 0);
        if (folder.Read(at, stackalloc byte[1]) == 0)
            return (WalValidity.NoSuchWal, 0);
        var reader = new WalReader(
            (lsn, buffer) => lsn >= end ? 0 : folder.Read(lsn, buffer[..(int)Math.Min((ulong)buffer.Length, end - lsn)]), position.SegmentSize, at);
        var count = 0L;
        while (reader.MoveNext())
            count++;
        return count > 0 ? (WalValidity.Valid, count) : (WalValidity.NoRecordThere, 0);
    }

    /// <summary>Opens the WAL along the lineage of a position.</summary>
    internal WalFolder Open(WalPosition position) => reading.Open(position);

    /// <summary>Segments past the end hold recycled bytes: they are names in waiting, no WAL.</summary>
    private static bool Belongs(WalFileName name, WalSegment first, WalPosition position) => name.Kind switch
    {
        WalFileKind.History => name.Timeline > first.Timeline,
        WalFileKind.Backup => false,
        _ => name.Timeline >= first.Timeline && name.Fits(position.SegmentSize)
            && name.Segment(position.SegmentSize) is var segment && segment.Number >= first.Number && segment.Start < position.End,
    };

    private string Digest(string name)
    {
        var path = Path.Combine(data.WalFolder, name);
        if (Linux.Version(path) is not { } version)
            return ""; // recycled meanwhile
        if (_digests.TryGetValue(name, out var known) && known.Version == version)
            return known.Md5;
        try
        {
            var md5 = Md5(path);
            _digests[name] = (version, md5);
            return md5;
        }
        catch (FileNotFoundException)
        {
            return ""; // recycled this moment
        }
    }

    private static string Md5(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
#pragma warning disable CA5351 // the specification compares segments by md5; nothing relies on it for security
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        try
        {
            for (long at = 0; RandomAccess.Read(file, buffer, at) is > 0 and var read; at += read)
                hash.AppendData(buffer, 0, read);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
