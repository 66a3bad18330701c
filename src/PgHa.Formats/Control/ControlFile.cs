using System.Buffers.Binary;

namespace PgHa.Formats.Control;

/// <summary>
/// The file global/pg_control of PostgreSQL 13 to 18 (ControlFileData, catalog/pg_control.h).
/// It is written at checkpoints and changes of state only, so it never tells where WAL ends.
/// </summary>
public sealed record ControlFile
{
    /// <summary>The size of the file in bytes (PG_CONTROL_FILE_SIZE); most of it is unused.</summary>
    public const int FileSize = 8192;

    /// <summary>The number initdb gave this cluster; all its standbys share it.</summary>
    public required ulong SystemIdentifier { get; init; }

    /// <summary>The layout of the file: 1300 (PostgreSQL 13 to 16), 1700 or 1800.</summary>
    public required uint PgControlVersion { get; init; }

    /// <summary>The version of the system catalogs.</summary>
    public required uint CatalogVersion { get; init; }

    /// <summary>What the cluster was doing at the last write of this file.</summary>
    public required DbState State { get; init; }

    /// <summary>When this file was last written.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The start of the last checkpoint record (on a standby: of the last restartpoint's).</summary>
    public required Lsn CheckPoint { get; init; }

    /// <summary>That record's contents.</summary>
    public required CheckPointCopy CheckPointCopy { get; init; }

    /// <summary>The fake LSN counter for unlogged relations.</summary>
    public required Lsn UnloggedLsn { get; init; }

    /// <summary>A standby is consistent only when it has replayed up to here; zero on a primary.</summary>
    public required Lsn MinRecoveryPoint { get; init; }

    /// <summary>The timeline of <see cref="MinRecoveryPoint"/>.</summary>
    public required TimelineId MinRecoveryPointTimeline { get; init; }

    /// <summary>The redo position of the base backup being recovered; otherwise zero.</summary>
    public required Lsn BackupStartPoint { get; init; }

    /// <summary>The end of a backup taken from a standby, which must be reached; otherwise zero.</summary>
    public required Lsn BackupEndPoint { get; init; }

    /// <summary>Whether an end-of-backup record must be seen before the cluster is consistent.</summary>
    public required bool BackupEndRequired { get; init; }

    /// <summary>wal_level.</summary>
    public required WalLevel WalLevel { get; init; }

    /// <summary>wal_log_hints, which pg_rewind needs unless there are checksums.</summary>
    public required bool WalLogHints { get; init; }

    /// <summary>max_connections; a standby must not have less.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>max_worker_processes; a standby must not have less.</summary>
    public required int MaxWorkerProcesses { get; init; }

    /// <summary>max_wal_senders; a standby must not have less.</summary>
    public required int MaxWalSenders { get; init; }

    /// <summary>max_prepared_transactions; a standby must not have less.</summary>
    public required int MaxPreparedXacts { get; init; }

    /// <summary>max_locks_per_transaction; a standby must not have less.</summary>
    public required int MaxLocksPerXact { get; init; }

    /// <summary>track_commit_timestamp.</summary>
    public required bool TrackCommitTimestamp { get; init; }

    /// <summary>The alignment of tuples, in bytes.</summary>
    public required uint MaxAlign { get; init; }

    /// <summary>Whether floating point numbers have the format of this machine.</summary>
    public required bool FloatFormatOk { get; init; }

    /// <summary>The size of a data page in bytes.</summary>
    public required uint BlockSize { get; init; }

    /// <summary>Pages for each file of a large relation.</summary>
    public required uint RelSegSize { get; init; }

    /// <summary>The size of a WAL page in bytes.</summary>
    public required uint WalBlockSize { get; init; }

    /// <summary>wal_segment_size in bytes.</summary>
    public required uint WalSegmentSize { get; init; }

    /// <summary>The longest identifier in bytes, with the final zero.</summary>
    public required uint NameDataLen { get; init; }

    /// <summary>The most columns of an index.</summary>
    public required uint IndexMaxKeys { get; init; }

    /// <summary>The largest TOAST chunk in bytes.</summary>
    public required uint ToastMaxChunk { get; init; }

    /// <summary>The size of a large object's chunk in bytes.</summary>
    public required uint LoBlockSize { get; init; }

    /// <summary>Whether 8-byte values are passed by value.</summary>
    public required bool Float8ByVal { get; init; }

    /// <summary>The version of data page checksums; zero means that there are none.</summary>
    public required uint DataChecksumVersion { get; init; }

    /// <summary>Whether char is signed by default; null before PostgreSQL 18, which introduced it.</summary>
    public required bool? DefaultCharSignedness { get; init; }

    /// <summary>The random bytes for mock authentication, in lower-case hexadecimal digits.</summary>
    public required string MockAuthenticationNonce { get; init; }

    /// <summary>Reads the file's bytes.</summary>
    /// <param name="bytes">The whole file, or at least its used beginning.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <returns>The contents, or the reason. On a running server a wrong checksum may be a torn read: read again.</returns>
    public static Parsed<ControlFile> Read(ReadOnlySpan<byte> bytes, string file)
    {
        if (bytes.Length < 12)
            return new FormatError(file, bytes.Length, "pg_control", $"only {bytes.Length} bytes");
        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        var crcAt = ControlLayout.CrcOffset(version);
        if (crcAt == 0)
            return new FormatError(file, 8, "pg_control version 1300, 1700 or 1800", $"{version}");
        if (bytes.Length < crcAt + 4)
            return new FormatError(file, bytes.Length, $"at least {crcAt + 4} bytes", $"{bytes.Length}");
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes[crcAt..]);
        var crc = Crc32C.Compute(bytes[..crcAt]);
        if (crc != stored)
            return new FormatError(file, crcAt, $"CRC-32C {crc:x8}", $"{stored:x8}");
        return ControlLayout.Check(ControlLayout.Read(bytes[..crcAt], version), file);
    }
}
