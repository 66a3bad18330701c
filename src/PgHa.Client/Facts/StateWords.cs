using PgHa.Formats.Control;

namespace PgHa.Client.Facts;

/// <summary>States in PostgreSQL's words, for messages.</summary>
public static class StateWords
{
    /// <summary>What a node is.</summary>
    public static string Words(this NodeState state) => state switch
    {
        NodeState.Stopped => "stopped",
        NodeState.PrimaryAlone => "primary, without a standby",
        NodeState.Primary => "primary",
        NodeState.Standby => "standby",
        NodeState.Recovering => "in recovery, not streaming",
        _ => "unknown",
    };

    /// <summary>What its server does.</summary>
    public static string Words(this ServerStatus status) => status switch
    {
        ServerStatus.Stopped => "stopped",
        ServerStatus.Starting => "starting",
        ServerStatus.Running => "running",
        ServerStatus.ShuttingDown => "shutting down",
        ServerStatus.Unseen => "not seen",
        _ => "not answering",
    };

    /// <summary>What pg_control says, as pg_controldata puts it.</summary>
    public static string Words(this DbState state) => state switch
    {
        DbState.Startup => "starting up",
        DbState.ShutDown => "shut down",
        DbState.ShutDownInRecovery => "shut down in recovery",
        DbState.ShuttingDown => "shutting down",
        DbState.InCrashRecovery => "in crash recovery",
        DbState.InArchiveRecovery => "in archive recovery",
        _ => "in production",
    };
}
