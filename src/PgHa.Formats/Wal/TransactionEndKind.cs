namespace PgHa.Formats.Wal;

/// <summary>How a transaction ended.</summary>
public enum TransactionEndKind
{
    /// <summary>Committed.</summary>
    Commit,

    /// <summary>Rolled back.</summary>
    Abort,

    /// <summary>COMMIT PREPARED.</summary>
    CommitPrepared,

    /// <summary>ROLLBACK PREPARED.</summary>
    AbortPrepared,
}
