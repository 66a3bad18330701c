namespace PgHa.Formats;

/// <summary>What a file in pg_wal is, told by its name.</summary>
public enum WalFileKind
{
    /// <summary>A WAL segment.</summary>
    Segment,

    /// <summary>The last, incomplete segment of a timeline that a promotion left behind (.partial).</summary>
    Partial,

    /// <summary>The history of a timeline (.history).</summary>
    History,

    /// <summary>The mark of a base backup (.backup).</summary>
    Backup,
}
