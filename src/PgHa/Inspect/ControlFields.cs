using System.Globalization;
using PgHa.Client.Facts;
using PgHa.Formats;
using PgHa.Formats.Control;

namespace PgHa.Inspect;

/// <summary>
/// pg_control in the words and the order of pg_controldata; in JSON with the column names of pg_control_system(),
/// pg_control_checkpoint(), pg_control_recovery() and pg_control_init().
/// </summary>
internal static class ControlFields
{
    internal static IReadOnlyList<Field> Of(ControlFile c) =>
        [.. System(c), .. CheckPoint(c, c.CheckPointCopy), .. Recovery(c), .. Settings(c), .. Build(c)];

    private static IEnumerable<Field> System(ControlFile c) =>
    [
        new("pg_control_version", "pg_control version number", c.PgControlVersion),
        new("catalog_version_no", "Catalog version number", c.CatalogVersion),
        // As text: programs that take JSON numbers for floating point would round it.
        new("system_identifier", "Database system identifier", c.SystemIdentifier.ToString(CultureInfo.InvariantCulture)),
        new("state", "Database cluster state", c.State.Words()),
        new("pg_control_last_modified", "pg_control last modified", c.Time),
    ];

    private static IEnumerable<Field> CheckPoint(ControlFile c, CheckPointCopy p) =>
    [
        new("checkpoint_lsn", "Latest checkpoint location", c.CheckPoint),
        new("redo_lsn", "Latest checkpoint's REDO location", p.Redo),
        new("redo_wal_file", "Latest checkpoint's REDO WAL file", WalSegment.At(p.ThisTimeline, p.Redo, c.WalSegmentSize).FileName),
        new("timeline_id", "Latest checkpoint's TimeLineID", p.ThisTimeline),
        new("prev_timeline_id", "Latest checkpoint's PrevTimeLineID", p.PrevTimeline),
        Switch("full_page_writes", "Latest checkpoint's full_page_writes", p.FullPageWrites),
        new("next_xid", "Latest checkpoint's NextXID", $"{p.NextXidEpoch}:{p.NextXidInEpoch}"),
        new("next_oid", "Latest checkpoint's NextOID", p.NextOid),
        new("next_multixact_id", "Latest checkpoint's NextMultiXactId", p.NextMulti),
        new("next_multi_offset", "Latest checkpoint's NextMultiOffset", p.NextMultiOffset),
        new("oldest_xid", "Latest checkpoint's oldestXID", p.OldestXid),
        new("oldest_xid_dbid", "Latest checkpoint's oldestXID's DB", p.OldestXidDatabase),
        new("oldest_active_xid", "Latest checkpoint's oldestActiveXID", p.OldestActiveXid),
        new("oldest_multi_xid", "Latest checkpoint's oldestMultiXid", p.OldestMulti),
        new("oldest_multi_dbid", "Latest checkpoint's oldestMulti's DB", p.OldestMultiDatabase),
        new("oldest_commit_ts_xid", "Latest checkpoint's oldestCommitTsXid", p.OldestCommitTsXid),
        new("newest_commit_ts_xid", "Latest checkpoint's newestCommitTsXid", p.NewestCommitTsXid),
        new("checkpoint_time", "Time of latest checkpoint", p.Time),
    ];

    private static IEnumerable<Field> Recovery(ControlFile c) =>
    [
        new("unlogged_lsn", "Fake LSN counter for unlogged rels", c.UnloggedLsn),
        new("min_recovery_end_lsn", "Minimum recovery ending location", c.MinRecoveryPoint),
        new("min_recovery_end_timeline", "Min recovery ending loc's timeline", c.MinRecoveryPointTimeline),
        new("backup_start_lsn", "Backup start location", c.BackupStartPoint),
        new("backup_end_lsn", "Backup end location", c.BackupEndPoint),
        new("end_of_backup_record_required", "End-of-backup record required", c.BackupEndRequired),
    ];

    private static IEnumerable<Field> Settings(ControlFile c) =>
    [
        new("wal_level", "wal_level setting", c.WalLevel.ToString().ToLowerInvariant()),
        Switch("wal_log_hints", "wal_log_hints setting", c.WalLogHints),
        new("max_connections", "max_connections setting", c.MaxConnections),
        new("max_worker_processes", "max_worker_processes setting", c.MaxWorkerProcesses),
        new("max_wal_senders", "max_wal_senders setting", c.MaxWalSenders),
        new("max_prepared_xacts", "max_prepared_xacts setting", c.MaxPreparedXacts),
        new("max_locks_per_xact", "max_locks_per_xact setting", c.MaxLocksPerXact),
        Switch("track_commit_timestamp", "track_commit_timestamp setting", c.TrackCommitTimestamp),
    ];

    private static IEnumerable<Field> Build(ControlFile c)
    {
        IEnumerable<Field> fields =
        [
            new("max_data_alignment", "Maximum data alignment", c.MaxAlign),
            new("database_block_size", "Database block size", c.BlockSize),
            new("blocks_per_segment", "Blocks per segment of large relation", c.RelSegSize),
            new("wal_block_size", "WAL block size", c.WalBlockSize),
            new("bytes_per_wal_segment", "Bytes per WAL segment", c.WalSegmentSize),
            new("max_identifier_length", "Maximum length of identifiers", c.NameDataLen),
            new("max_index_columns", "Maximum columns in an index", c.IndexMaxKeys),
            new("max_toast_chunk_size", "Maximum size of a TOAST chunk", c.ToastMaxChunk),
            new("large_object_chunk_size", "Size of a large-object chunk", c.LoBlockSize),
            new("date_time_storage", "Date/time type storage", "64-bit integers"),
            new("float8_pass_by_value", "Float8 argument passing", c.Float8ByVal ? "by value" : "by reference"),
            new("data_page_checksum_version", "Data page checksum version", c.DataChecksumVersion),
        ];
        if (c.DefaultCharSignedness is { } isSigned)
            fields = fields.Append(new("default_char_data_signedness", "Default char data signedness", isSigned ? "signed" : "unsigned"));
        return fields.Append(new("mock_authentication_nonce", "Mock authentication nonce", c.MockAuthenticationNonce));
    }

    private static Field Switch(string key, string label, bool value) => new(key, label, value ? "on" : "off");
}
