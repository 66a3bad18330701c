namespace PgHa.Formats.Control;

/// <summary>The setting wal_level (access/xlog.h).</summary>
public enum WalLevel
{
    /// <summary>Enough for crash recovery only.</summary>
    Minimal,

    /// <summary>Enough for standbys.</summary>
    Replica,

    /// <summary>Enough for logical decoding.</summary>
    Logical,
}
