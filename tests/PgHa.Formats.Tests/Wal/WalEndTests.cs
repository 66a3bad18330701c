using PgHa.Formats.Tests.Support;
using PgHa.Formats.Wal;

namespace PgHa.Formats.Tests.Wal;

public sealed class WalEndTests
{
    [Fact]
    public async Task Stale_pages_behind_the_true_end_do_not_count()
    {
        await using var one = await Postgres.Create();
        await one.Start();
        await one.Sql("create table t(i int, v text)");
        await one.Stop();
        await using var other = await one.Copy();
        var fork = one.Control.CheckPoint;

        // One writes on; the other gets these segments and overwrites their beginning on the same timeline.
        await one.Start();
        await one.Sql(Rows(40_000));
        await one.Stop();
        foreach (var file in Directory.GetFiles(one.WalFolder, "0000*"))
            await Shell.Run("cp", "-f", file, other.WalFolder);
        await other.Start();
        var end = Lsn.Parse(await other.Sql(Rows(5000), "select pg_current_wal_insert_lsn()"));
        await other.Kill();

        using var wal = WalFolder.Of(other);
        var found = WalEnd.Find(wal.Read, other.Control.WalSegmentSize, fork);
        Assert.Equal((await PgWaldump.Run(other, fork)).End, found.End);
        Assert.InRange(found.End.Value, end.Value, end.Value + 8192);

        // The test means something: right behind the end stands a whole chain of old records that check out among themselves.
        Assert.InRange(StalePages(wal, found.End), 300, int.MaxValue);
        using var before = WalFolder.Of(one);
        var stale = FirstRecordBehind(before.Reader(fork), found.End + 65_536);
        Assert.Equal(one.Control.CheckPoint, WalEnd.Find(wal.Read, other.Control.WalSegmentSize, stale).LastRecord);
    }

    [Fact]
    public async Task After_a_kill_the_server_itself_goes_on_where_the_end_was_found()
    {
        await using var server = await Postgres.Create(segmentMegabytes: 1);
        var start = server.Control.CheckPoint;
        await server.Start();
        await server.Pgbench("-i", "-s", "1", "-q");
        for (var round = 1; round <= 3; round++)
        {
            var writing = server.Pgbench("-c", "2", "-T", "60");
            for (var tries = 0; tries < 600 && await server.Sql("select count(*) > 100 from pgbench_history") != "t"; tries++)
                await Task.Delay(20, TestContext.Current.CancellationToken);
            await server.Kill();
            await Assert.ThrowsAsync<InvalidOperationException>(() => writing);
            using var wal = WalFolder.Of(server);
            var end = WalEnd.Find(wal.Read, server.Control.WalSegmentSize, start);

            await server.Start();
            await server.Sql("truncate pgbench_history");
            using var after = WalFolder.Of(server);
            var reader = after.Reader(end.LastRecord);
            Assert.True(reader.MoveNext() && reader.MoveNext(), reader.EndError?.ToString());
            Assert.Equal(end.LastRecord, reader.Current.Prev);
            Assert.InRange(reader.Current.Lsn - end.End, 0ul, 40ul);
        }
    }

    [Fact]
    public async Task A_record_that_a_crash_cut_off_is_passed_over_as_the_server_does()
    {
        await using var server = await Postgres.Create();
        var start = server.Control.CheckPoint;
        await server.Start();
        await server.Sql("create table t(i int, v text)", Rows(100));
        var before = Lsn.Parse(await server.Sql("select pg_current_wal_insert_lsn()"));
        await server.Sql("select pg_logical_emit_message(false, 'x', repeat('y', 100000))", Rows(1));
        await server.Kill();

        // Only three pages of the long record had reached the disk.
        var cut = new Lsn((before.Value / 8192 + 3) * 8192);
        var segment = WalSegment.At(new TimelineId(1), cut, server.Control.WalSegmentSize);
        await using (var file = File.OpenWrite(Path.Combine(server.WalFolder, segment.FileName)))
        {
            file.Position = (long)(cut - segment.Start);
            file.Write(new byte[segment.End - cut]);
        }
        using (var wal = WalFolder.Of(server))
            Assert.InRange(WalEnd.Find(wal.Read, server.Control.WalSegmentSize, start).End.Value, start.Value, cut.Value - (2 * 8192));
        await server.Start();
        await server.Sql(Rows(1000));
        await server.Stop();

        var expected = await PgWaldump.Run(server, start);
        using var after = WalFolder.Of(server);
        var records = new List<string>();
        for (var reader = after.Reader(start); reader.MoveNext();)
            records.Add(PgWaldump.Describe(reader));
        Assert.Equal(expected.Records, records);
        Assert.Contains(records, r => r.Contains("OVERWRITE_CONTRECORD", StringComparison.Ordinal));
        Assert.Equal(server.Control.CheckPoint, WalEnd.Find(after.Read, server.Control.WalSegmentSize, start).LastRecord);
    }

    [Fact]
    public async Task The_chain_goes_on_over_switch_points()
    {
        await using var server = await Postgres.Create(segmentMegabytes: 1);
        var start = server.Control.CheckPoint;
        await server.Start();
        await server.Sql("create table t(i int, v text)", Rows(20_000));
        for (var timeline = 2u; timeline <= 4; timeline++)
        {
            await server.Stop();
            var end = server.Control.CheckPoint;
            await server.PromoteToNextTimeline();
            await server.Sql(Rows(10_000));
            Assert.Equal(timeline, server.History.Timeline.Value);
            // The parent's last record, its shutdown checkpoint, ends where the child begins.
            Assert.InRange(server.History.Entries[^1].Begin - end, 1ul, 200ul);
            Assert.Equal(timeline - 1, server.History.SpanAt(end).Timeline.Value);
        }
        await server.Stop();
        using var wal = WalFolder.Of(server);
        var found = WalEnd.Find(wal.Read, server.Control.WalSegmentSize, start);
        Assert.Equal((server.Control.CheckPoint, 4u), (found.LastRecord, found.Timeline.Value));
    }

    private static string Rows(int count) => $"insert into t select i, md5(i::text) from generate_series(1, {count}) i";

    private static int StalePages(WalFolder wal, Lsn end)
    {
        var header = new byte[WalPageHeader.ShortSize];
        var count = 0;
        for (var page = new Lsn((end.Value + 8191) & ~8191ul); wal.Read(page, header) == header.Length; page += 8192)
            count += WalPageHeader.Read(header) is { Major: 15, Timeline.Value: 1 } read && read.Address == page ? 1 : 0;
        return count;
    }

    private static Lsn FirstRecordBehind(WalReader reader, Lsn position)
    {
        while (reader.MoveNext())
            if (reader.Current.Lsn > position)
                return reader.Current.Lsn;
        throw new InvalidOperationException($"no record behind {position}");
    }
}
