namespace PgHa.Formats.Control;

/// <summary>
/// ControlFileData (catalog/pg_control.h), member by member. The versions differ in little: 17 and 18 keep wal_level
/// in the checkpoint, 18 has default_char_signedness.
/// </summary>
internal static class ControlLayout
{
    private const double FloatFormatValue = 1234567.0;

    /// <summary>Where the checksum stands; zero for a version that is not known.</summary>
    public static int CrcOffset(uint version) => version switch
    {
        1300 or 1700 => 288,
        1800 => 292,
        _ => 0,
    };

    /// <summary>Reads all members. Object initializers run in the order written, which is the order in the struct.</summary>
    public static ControlFile Read(ReadOnlySpan<byte> bytes, uint version)
    {
        var data = new CStruct(bytes);
        return new ControlFile
        {
            SystemIdentifier = data.UInt64(),
            PgControlVersion = data.UInt32(),
            CatalogVersion = data.UInt32(),
            State = (DbState)data.UInt32(),
            Time = data.Time(),
            CheckPoint = data.Lsn(),
            CheckPointCopy = CheckPointCopy.Read(ref data, version),
            UnloggedLsn = data.Lsn(),
            MinRecoveryPoint = data.Lsn(),
            MinRecoveryPointTimeline = data.Timeline(),
            BackupStartPoint = data.Lsn(),
            BackupEndPoint = data.Lsn(),
            BackupEndRequired = data.Bool(),
            WalLevel = (WalLevel)data.Int32(),
            WalLogHints = data.Bool(),
            MaxConnections = data.Int32(),
            MaxWorkerProcesses = data.Int32(),
            MaxWalSenders = data.Int32(),
            MaxPreparedXacts = data.Int32(),
            MaxLocksPerXact = data.Int32(),
            TrackCommitTimestamp = data.Bool(),
            MaxAlign = data.UInt32(),
            FloatFormatOk = data.Double() == FloatFormatValue,
            BlockSize = data.UInt32(),
            RelSegSize = data.UInt32(),
            WalBlockSize = data.UInt32(),
            WalSegmentSize = data.UInt32(),
            NameDataLen = data.UInt32(),
            IndexMaxKeys = data.UInt32(),
            ToastMaxChunk = data.UInt32(),
            LoBlockSize = data.UInt32(),
            Float8ByVal = data.Bool(),
            DataChecksumVersion = data.UInt32(),
            DefaultCharSignedness = version >= 1800 ? data.Bool() : null,
            MockAuthenticationNonce = Convert.ToHexStringLower(data.Bytes(32)),
        };
    }

    /// <summary>Refuses values that the checksum covers and that no server writes, before anyone divides by them.</summary>
    public static Parsed<ControlFile> Check(ControlFile control, string file)
    {
        if (control.State is < DbState.Startup or > DbState.InProduction)
            return new FormatError(file, 16, "a cluster state from 0 to 6", $"{(int)control.State}");
        if (control.WalLevel is < WalLevel.Minimal or > WalLevel.Logical)
            return new FormatError(file, 172, "a wal_level from 0 to 2", $"{(int)control.WalLevel}");
        if (!WalSegment.IsValidSize(control.WalSegmentSize))
            return new FormatError(file, 228, "a power of two from 1 MB to 1 GB", $"{control.WalSegmentSize}");
        return control;
    }
}
