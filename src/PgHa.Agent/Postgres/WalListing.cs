using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using PgHa.Client.Facts;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>What lies in pg_wal from a segment on, with digests for comparison (md5, as the specification has it; not for security).</summary>
internal sealed class WalListing(DataDirectory data, WalReading reading)
{
    private readonly ConcurrentDictionary<string, (string Version, string Md5)> _digests = new();

    /// <summary>Segments, .partial and .history files from the given segment on, later timelines included, in name order.</summary>
    internal IReadOnlyList<(string File, string Md5)> From(WalSegment first, WalPosition position) =>
    [
        .. Directory.EnumerateFiles(data.WalFolder)
            .Select(path => (Path: path, Parsed: WalFileName.TryParse(Path.GetFileName(path), out var name), Name: name))
            .Where(f => f.Parsed && Belongs(f.Name, first, position))
            .OrderBy(f => f.Path, StringComparer.Ordinal)
            .Select(f => (f.Name.ToString(), Digest(f.Path)))
            .Where(f => f.Item2.Length > 0),
    ];

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

    private string Digest(string path)
    {
        try
        {
            var file = new FileInfo(path);
            var version = string.Create(CultureInfo.InvariantCulture, $"{file.Length} {file.LastWriteTimeUtc.Ticks}");
            if (_digests.TryGetValue(path, out var known) && known.Version == version)
                return known.Md5;
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 17, FileOptions.SequentialScan);
#pragma warning disable CA5351 // the specification compares segments by md5; nothing relies on it for security
            var md5 = Convert.ToHexStringLower(MD5.HashData(stream));
#pragma warning restore CA5351
            _digests[path] = (version, md5);
            return md5;
        }
        catch (FileNotFoundException)
        {
            _digests.TryRemove(path, out _);
            return ""; // recycled meanwhile
        }
    }
}
