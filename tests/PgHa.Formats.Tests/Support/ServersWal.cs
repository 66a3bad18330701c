using System.Globalization;
using PgHa.Formats.Wal;

namespace PgHa.Formats.Tests.Support;

/// <summary>What a server says of its WAL by SQL.</summary>
internal static class ServersWal
{
    public static Task<string> CommitTimes(Postgres server) => server.Sql(
        "select x, (extract(epoch from pg_xact_commit_timestamp(x)) * 1000000)::bigint from"
        + " (select distinct xmin x from t union select distinct xmin from p union select distinct xmin from big) t order by x::text::bigint");

    public static Task<string> Records(Postgres server, Lsn start) => server.Sql(
        "create extension if not exists pg_walinspect",
        "select resource_manager, record_type, xid, start_lsn - '0/0', end_lsn - '0/0', prev_lsn - '0/0', record_length, main_data_length,"
        + $" fpi_length, coalesce(length(block_ref), 0) > 0 from pg_get_wal_records_info('{start}', pg_current_wal_flush_lsn())");

    // Where the server restores images itself, to the whole page.
    public static Task<string> Images(Postgres server, Lsn start) => server.Sql(
        "create extension if not exists pg_walinspect", "select start_lsn - '0/0', block_id, md5(block_fpi_data)"
        + $" from pg_get_wal_block_info('{start}', pg_current_wal_flush_lsn()) where block_fpi_data is not null");

    public static void ExpectImages(HashSet<string> said, Postgres server, Lsn start)
    {
        using var wal = WalFolder.Of(server);
        var page = new byte[PageImage.PageSize];
        var restored = new HashSet<ImageCompression>();
        // What was written after the question is in the WAL, but not in the answer.
        var asked = said.Max(line => ulong.Parse(line.Split('|')[0], CultureInfo.InvariantCulture));
        for (var reader = wal.Reader(start); reader.MoveNext() && reader.Current.Lsn.Value <= asked;)
        {
            Assert.True(WalRecord.TryRead(reader.Current, reader.Data, reader.Major, out var record, out _));
            foreach (var block in record)
            {
                if (!block.TryRestoreImage(page))
                    continue;
#pragma warning disable CA5351 // The server offers md5.
                var line = $"{record.Header.Lsn.Value}|{block.Id}|{Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(page))}";
#pragma warning restore CA5351
                Assert.Contains(line, said);
                restored.Add(block.Image!.Value.Compression);
            }
        }
        Assert.Superset(new HashSet<ImageCompression> { ImageCompression.None, ImageCompression.Pglz }, restored);
    }

    public static Seen Expect(Postgres server, Lsn start, string times, string? records)
    {
        using var wal = WalFolder.Of(server);
        var seen = Seen.In(wal.Reader(start));
        Assert.DoesNotContain(seen.Operations, o => o.Contains("UNKNOWN", StringComparison.Ordinal));
        Assert.InRange(seen.Operations.Count, 70, int.MaxValue);
        ExpectTimes(times, seen);

        var end = WalEnd.Find(wal.Read, server.Control.WalSegmentSize, start);
        Assert.Equal(server.Control.CheckPoint, end.LastRecord);
        Assert.Equal(end with { Detail = null }, WalEnd.Find(wal.Read, server.Control.WalSegmentSize, end.LastRecord) with { Detail = null });
        if (records is not null)
            ExpectRecords(records.Split('\n'), wal.Reader(start));
        return seen;
    }

    public static void ExpectTimes(string times, Seen seen)
    {
        var ends = seen.Ends.Where(e => e.Kind is TransactionEndKind.Commit or TransactionEndKind.CommitPrepared)
            .ToDictionary(e => e.Xid, e => (e.Time - DateTimeOffset.UnixEpoch).Ticks / 10);
        var checkedOnes = 0;
        foreach (var line in times.Split('\n'))
        {
            var parts = line.Split('|');
            if (parts[1].Length == 0 || !ends.TryGetValue(uint.Parse(parts[0], CultureInfo.InvariantCulture), out var time))
                continue;
            Assert.Equal(long.Parse(parts[1], CultureInfo.InvariantCulture), time);
            checkedOnes++;
        }
        Assert.InRange(checkedOnes, 5, int.MaxValue);
        Assert.Contains(seen.Ends, e => e is { Kind: TransactionEndKind.CommitPrepared, Gid: "kept" });
        Assert.Contains(seen.Ends, e => e is { Kind: TransactionEndKind.AbortPrepared, Gid: "dropped" });
        Assert.Contains(seen.Ends, e => e is { Kind: TransactionEndKind.Commit, Subtransactions: 1 });
        Assert.Contains(seen.Ends, e => e.Kind == TransactionEndKind.Abort);
    }

    public static void ExpectRecords(string[] said, WalReader reader)
    {
        foreach (var line in said)
        {
            Assert.True(reader.MoveNext(), reader.EndError?.ToString());
            Assert.True(WalRecord.TryRead(reader.Current, reader.Data, reader.Major, out var record, out _));
            var images = 0;
            foreach (var block in record)
                images += block.ImageBytes.Length;
            var h = record.Header;
            Assert.Equal(line, string.Create(CultureInfo.InvariantCulture,
                $"{ResourceManager.NameOf(h.Rmgr)}|{record.Operation}|{h.Xid}|{h.Lsn.Value}|{h.End.Value}|{h.Prev.Value}|{h.TotalLength}|")
                + $"{record.MainData.Length}|{images}|{(record.BlockCount > 0 ? "t" : "f")}");
        }
        Assert.InRange(said.Length, 10_000, int.MaxValue);
    }
}
