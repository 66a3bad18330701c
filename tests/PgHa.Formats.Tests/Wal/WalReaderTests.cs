using PgHa.Formats.Tests.Support;
using PgHa.Formats.Wal;

namespace PgHa.Formats.Tests.Wal;

public sealed class WalReaderTests
{
    private const string Writes =
        "create table t(id int primary key, v text); insert into t select i, repeat(md5(i::text), 30) from generate_series(1, 20000) i;"
        + "select pg_logical_emit_message(false, 'x', repeat('y', 300000)); select pg_switch_wal(); update t set v = 'z' where id % 3 = 0;";

    [Fact]
    public async Task Records_and_end_equal_pg_waldump_after_a_fast_stop()
    {
        await using var server = await Postgres.Create();
        var start = server.Control.CheckPoint;
        await server.Start();
        await server.Sql(Writes);
        await server.Stop();
        var end = await ExpectEqual(server, start);
        Assert.Equal(server.Control.CheckPoint, end.LastRecord);
    }

    [Fact]
    public async Task Records_and_end_equal_pg_waldump_after_a_kill()
    {
        await using var server = await Postgres.Create(segmentMegabytes: 1);
        var start = server.Control.CheckPoint;
        await server.Start();
        await server.Pgbench("-i", "-s", "2", "-q");
        var writing = server.Pgbench("-c", "2", "-T", "60");
        for (var deadline = 0; deadline < 300 && await server.Sql("select count(*) > 200 from pgbench_history") != "t"; deadline++)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await server.Kill();
        await Assert.ThrowsAsync<InvalidOperationException>(() => writing);
        await ExpectEqual(server, start);
    }

    [Fact]
    public async Task Records_of_every_kind_are_taken_apart_as_pg_waldump_does()
    {
        await using var server = await Postgres.Create(segmentMegabytes: 64, settings: Workload.Settings);
        var start = server.Control.CheckPoint;
        await server.Start();
        await Workload.Run(server, 15);
        await server.Stop();
        await ExpectEqual(server, start);
        using var wal = WalFolder.Of(server);
        var seen = Seen.In(wal.Reader(start));
        Assert.InRange(seen.Operations.Count, 75, int.MaxValue);
        Assert.Equal(4, seen.Compressions.Count);
    }

    [Fact]
    public async Task Asking_again_for_the_end_reads_only_what_is_new()
    {
        await using var server = await Postgres.Create();
        var start = server.Control.CheckPoint;
        await server.Start();
        await server.Sql(Writes);
        await server.Kill();
        using var wal = WalFolder.Of(server);
        var first = WalEnd.Find(wal.Read, server.Control.WalSegmentSize, start);
        var before = wal.BytesRead;
        var again = first.FindAgain(wal.Read, server.Control.WalSegmentSize);
        Assert.Equal(first, again);
        Assert.True(wal.BytesRead - before <= 3 * 65536, $"{wal.BytesRead - before} bytes read");
    }

    private static async Task<WalEnd> ExpectEqual(Postgres server, Lsn start)
    {
        var expected = await PgWaldump.Run(server, start);
        using var wal = WalFolder.Of(server);
        var reader = wal.Reader(start);
        var records = new List<string>();
        while (reader.MoveNext())
        {
            records.Add(PgWaldump.Describe(reader));
            Assert.Equal((int)reader.Current.TotalLength, reader.Data.Length);
        }
        Assert.Equal(expected.Records, records);
        Assert.True(records.Count > 1000);
        var end = WalEnd.Find(wal.Read, server.Control.WalSegmentSize, start);
        Assert.Equal(expected.End, end.End);
        Assert.Equal(reader.Current.Lsn, end.LastRecord);
        return end;
    }
}
