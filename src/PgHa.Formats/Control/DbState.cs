namespace PgHa.Formats.Control;

/// <summary>What the cluster was doing when pg_control was last written (DBState, catalog/pg_control.h).</summary>
public enum DbState
{
    /// <summary>Starting up.</summary>
    Startup,

    /// <summary>Stopped cleanly as a primary.</summary>
    ShutDown,

    /// <summary>Stopped cleanly as a standby.</summary>
    ShutDownInRecovery,

    /// <summary>A clean stop is under way.</summary>
    ShuttingDown,

    /// <summary>Replaying its own WAL after a crash.</summary>
    InCrashRecovery,

    /// <summary>A standby or an archive recovery, running or stopped hard.</summary>
    InArchiveRecovery,

    /// <summary>A primary, running or stopped hard.</summary>
    InProduction,
}
