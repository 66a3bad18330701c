using System.Globalization;
using PgHa.Formats.Control;

namespace PgHa.Formats.Tests.Support;

/// <summary>A control file in the words of pg_controldata 15, to be compared line by line.</summary>
internal static class PgControlData
{
    private static readonly string[] States =
        ["starting up", "shut down", "shut down in recovery", "shutting down", "in crash recovery", "in archive recovery", "in production"];

    public static IEnumerable<string> Lines(ControlFile c)
    {
        var p = c.CheckPointCopy;
        var segment = WalSegment.At(p.ThisTimeline, p.Redo, c.WalSegmentSize);
        (string, object)[] fields =
        [
            ("pg_control version number", c.PgControlVersion), ("Catalog version number", c.CatalogVersion),
            ("Database system identifier", c.SystemIdentifier), ("Database cluster state", States[(int)c.State]),
            ("pg_control last modified", Time(c.Time)), ("Latest checkpoint location", c.CheckPoint),
            ("Latest checkpoint's REDO location", p.Redo), ("Latest checkpoint's REDO WAL file", segment.FileName),
            ("Latest checkpoint's TimeLineID", p.ThisTimeline), ("Latest checkpoint's PrevTimeLineID", p.PrevTimeline),
            ("Latest checkpoint's full_page_writes", OnOff(p.FullPageWrites)),
            ("Latest checkpoint's NextXID", $"{p.NextXidEpoch}:{p.NextXidInEpoch}"), ("Latest checkpoint's NextOID", p.NextOid),
            ("Latest checkpoint's NextMultiXactId", p.NextMulti), ("Latest checkpoint's NextMultiOffset", p.NextMultiOffset),
            ("Latest checkpoint's oldestXID", p.OldestXid), ("Latest checkpoint's oldestXID's DB", p.OldestXidDatabase),
            ("Latest checkpoint's oldestActiveXID", p.OldestActiveXid), ("Latest checkpoint's oldestMultiXid", p.OldestMulti),
            ("Latest checkpoint's oldestMulti's DB", p.OldestMultiDatabase),
            ("Latest checkpoint's oldestCommitTsXid", p.OldestCommitTsXid),
            ("Latest checkpoint's newestCommitTsXid", p.NewestCommitTsXid), ("Time of latest checkpoint", Time(p.Time)),
            ("Fake LSN counter for unlogged rels", c.UnloggedLsn), ("Minimum recovery ending location", c.MinRecoveryPoint),
            ("Min recovery ending loc's timeline", c.MinRecoveryPointTimeline), ("Backup start location", c.BackupStartPoint),
            ("Backup end location", c.BackupEndPoint), ("End-of-backup record required", c.BackupEndRequired ? "yes" : "no"),
            ("wal_level setting", c.WalLevel.ToString().ToLowerInvariant()), ("wal_log_hints setting", OnOff(c.WalLogHints)),
            ("max_connections setting", c.MaxConnections), ("max_worker_processes setting", c.MaxWorkerProcesses),
            ("max_wal_senders setting", c.MaxWalSenders), ("max_prepared_xacts setting", c.MaxPreparedXacts),
            ("max_locks_per_xact setting", c.MaxLocksPerXact), ("track_commit_timestamp setting", OnOff(c.TrackCommitTimestamp)),
            ("Maximum data alignment", c.MaxAlign), ("Database block size", c.BlockSize),
            ("Blocks per segment of large relation", c.RelSegSize), ("WAL block size", c.WalBlockSize),
            ("Bytes per WAL segment", c.WalSegmentSize), ("Maximum length of identifiers", c.NameDataLen),
            ("Maximum columns in an index", c.IndexMaxKeys), ("Maximum size of a TOAST chunk", c.ToastMaxChunk),
            ("Size of a large-object chunk", c.LoBlockSize), ("Date/time type storage", "64-bit integers"),
            ("Float8 argument passing", c.Float8ByVal ? "by value" : "by reference"),
            ("Data page checksum version", c.DataChecksumVersion), ("Mock authentication nonce", c.MockAuthenticationNonce),
        ];
        return fields.Select(f => $"{f.Item1}: {Convert.ToString(f.Item2, CultureInfo.InvariantCulture)}");
    }

    // pg_controldata prints "name:     value"; the blanks are only for the eye.
    public static IEnumerable<string> Normalize(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(':', 2)).Select(parts => $"{parts[0]}: {parts[1].Trim()}");

    private static string OnOff(bool value) => value ? "on" : "off";

    private static string Time(DateTimeOffset time) => time.ToString("ddd MMM ", CultureInfo.InvariantCulture)
        + time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2) + time.ToString(" HH:mm:ss yyyy", CultureInfo.InvariantCulture);
}
