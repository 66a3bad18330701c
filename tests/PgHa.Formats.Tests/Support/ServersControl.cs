using System.Globalization;
using PgHa.Formats.Control;

namespace PgHa.Formats.Tests.Support;

/// <summary>What a server says of its control file by SQL.</summary>
internal static class ServersControl
{
    // The four functions of pg_controldata by SQL give all but a few settings, which the server knows as such.
    public static async Task Expect(Postgres server)
    {
        var c = server.Control;
        var p = c.CheckPointCopy;
        Assert.Equal(DbState.InProduction, c.State);
        Assert.True(c.FloatFormatOk);
        object?[] expected =
        [
            c.PgControlVersion, c.CatalogVersion, c.SystemIdentifier, c.Time.ToUnixTimeSeconds(), c.CheckPoint.Value, p.Redo.Value,
            p.ThisTimeline, p.PrevTimeline, p.FullPageWrites ? "t" : "f", $"{p.NextXidEpoch}:{p.NextXidInEpoch}", p.NextOid,
            p.NextMulti, p.NextMultiOffset, p.OldestXid, p.OldestXidDatabase, p.OldestActiveXid, p.OldestMulti, p.OldestMultiDatabase,
            p.OldestCommitTsXid, p.NewestCommitTsXid, p.Time.ToUnixTimeSeconds(), c.MaxAlign, c.BlockSize, c.RelSegSize, c.WalBlockSize,
            c.WalSegmentSize, c.NameDataLen, c.IndexMaxKeys, c.ToastMaxChunk, c.LoBlockSize, c.Float8ByVal ? "t" : "f",
            c.DataChecksumVersion, c.WalLevel.ToString().ToLowerInvariant(), c.WalLogHints ? "on" : "off", c.MaxConnections,
            c.MaxWorkerProcesses, c.MaxWalSenders, c.MaxPreparedXacts, c.MaxLocksPerXact, c.TrackCommitTimestamp ? "on" : "off",
        ];
        var said = await server.Sql(
            "select s.pg_control_version, catalog_version_no, system_identifier, extract(epoch from pg_control_last_modified)::bigint,"
            + " checkpoint_lsn - '0/0', redo_lsn - '0/0', timeline_id, prev_timeline_id, full_page_writes, next_xid, next_oid,"
            + " next_multixact_id, next_multi_offset, oldest_xid, oldest_xid_dbid, oldest_active_xid, oldest_multi_xid, oldest_multi_dbid,"
            + " oldest_commit_ts_xid, newest_commit_ts_xid, extract(epoch from checkpoint_time)::bigint, max_data_alignment,"
            + " database_block_size, blocks_per_segment, wal_block_size, bytes_per_wal_segment, max_identifier_length, max_index_columns,"
            + " max_toast_chunk_size, large_object_chunk_size, float8_pass_by_value, data_page_checksum_version,"
            + string.Join(',', Settings.Select(name => $" current_setting('{name}')"))
            + " from pg_control_system() s, pg_control_checkpoint(), pg_control_init()");
        Assert.Equal(said, string.Join('|', expected.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture))));
        Assert.Equal(c.PgControlVersion >= 1700 ? WalLevel.Logical : null, p.WalLevel);
        Assert.Equal(c.PgControlVersion >= 1800 ? true : null, c.DefaultCharSignedness);
        Assert.Equal(64, c.MockAuthenticationNonce.Length);
    }

    private static readonly string[] Settings =
    [
        "wal_level", "wal_log_hints", "max_connections", "max_worker_processes", "max_wal_senders", "max_prepared_transactions",
        "max_locks_per_transaction", "track_commit_timestamp",
    ];
}
