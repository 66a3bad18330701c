using PgHa.Formats.Control;
using PgHa.Formats.Tests.Support;

namespace PgHa.Formats.Tests.Control;

public sealed class ControlFileTests
{
    [Fact]
    public async Task Every_field_is_what_pg_controldata_prints()
    {
        await using var server = await Postgres.Create(segmentMegabytes: 64, settings:
            "wal_level = logical\nwal_log_hints = on\nmax_connections = 37\nmax_worker_processes = 11\nmax_wal_senders = 7\n"
            + "max_prepared_transactions = 5\nmax_locks_per_transaction = 71\ntrack_commit_timestamp = on\nfull_page_writes = off",
            initdb: "--data-checksums");
        await ExpectEqual(server);
        await server.Start();
        await server.Sql("create table t as select generate_series(1, 1000) i");
        await server.Sql("checkpoint");
        Assert.Equal(DbState.InProduction, server.Control.State);
        await ExpectEqual(server);
        await server.Stop();
        Assert.Equal(DbState.ShutDown, server.Control.State);
        await ExpectEqual(server);
    }

    [Fact]
    public async Task A_flipped_bit_or_a_cut_is_an_error_that_says_where()
    {
        await using var server = await Postgres.Create();
        var bytes = await File.ReadAllBytesAsync(Path.Combine(server.Data, "global/pg_control"), TestContext.Current.CancellationToken);
        for (var bit = 0; bit < 292 * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(ControlFile.Read(bytes, "pg_control").IsOk, $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        for (var length = 0; length < 292; length++)
            Assert.Equal("pg_control", ControlFile.Read(bytes.AsSpan(0, length), "pg_control").Error?.File);
        Assert.True(ControlFile.Read(bytes.AsSpan(0, 292), "pg_control").IsOk);
    }

    private static async Task ExpectEqual(Postgres server) => Assert.Equal(
        PgControlData.Normalize(await Shell.Run("/usr/lib/postgresql/15/bin/pg_controldata", server.Data)),
        PgControlData.Lines(server.Control));
}
