namespace PgHa.Client.Facts;

/// <summary>Whether a record starts at a position.</summary>
public enum WalValidity
{
    /// <summary>It does.</summary>
    Valid = 0,

    /// <summary>The node does not hold that WAL, or knows no such timeline.</summary>
    NoSuchWal = 1,

    /// <summary>The WAL is there, but no record starts at the position.</summary>
    NoRecordThere = 2,

    /// <summary>The position is at or past the end of the valid WAL.</summary>
    NothingThere = 3,

    /// <summary>It cannot be said.</summary>
    Other = 4,
}
