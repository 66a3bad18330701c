using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Inspect;

/// <summary>Counts records and their bytes for each operation, as pg_waldump --stats does.</summary>
internal sealed class WalStatistics
{
    private const int CodesPerRmgr = 16, Transaction = 1;
    private readonly Sums[] _sums = new Sums[256 * CodesPerRmgr];
    private int _major;

    /// <summary>What was counted.</summary>
    /// <param name="Count">Records.</param>
    /// <param name="Record">Their bytes without full-page images.</param>
    /// <param name="Image">The bytes of the images.</param>
    internal record struct Sums(long Count, long Record, long Image)
    {
        internal readonly long Combined => Record + Image;
    }

    /// <summary>Counts a record.</summary>
    internal FormatError? Add(WalReader reader)
    {
        ref readonly var header = ref reader.Current;
        if (!WalRecord.TryReadImageLength(header, reader.Data, reader.Major, out var images, out var error))
            return error;
        // A transaction's highest bit says that there is more to read, not what happened.
        var code = header.Rmgr == Transaction ? header.Info >> 4 & 7 : header.Info >> 4;
        ref var sums = ref _sums[header.Rmgr * CodesPerRmgr + code];
        sums.Count++;
        sums.Record += header.TotalLength - images;
        sums.Image += images;
        _major = reader.Major;
        return null;
    }

    /// <summary>All together.</summary>
    internal Sums Total => SumOf(_sums);

    /// <summary>The resource managers that there were, in the order of their numbers.</summary>
    internal IEnumerable<(string Rmgr, string? Operation, Sums Sums)> PerRmgr() => Enumerable.Range(0, 256)
        .Select(rmgr => (ResourceManager.NameOf((byte)rmgr), (string?)null, SumOf(_sums.AsSpan(rmgr * CodesPerRmgr, CodesPerRmgr))))
        .Where(row => row.Item3.Count > 0);

    /// <summary>The operations that there were.</summary>
    internal IEnumerable<(string Rmgr, string? Operation, Sums Sums)> PerOperation() => Enumerable.Range(0, _sums.Length)
        .Where(i => _sums[i].Count > 0)
        .Select(i => (i / CodesPerRmgr, i % CodesPerRmgr, _sums[i]))
        .Select(row => (ResourceManager.NameOf((byte)row.Item1),
            (string?)WalOperation.NameOf((byte)row.Item1, (byte)(row.Item2 << 4), _major), row.Item3));

    private static Sums SumOf(ReadOnlySpan<Sums> sums)
    {
        var total = default(Sums);
        foreach (var s in sums)
            total = new(total.Count + s.Count, total.Record + s.Record, total.Image + s.Image);
        return total;
    }
}
