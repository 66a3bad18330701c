namespace PgHa.Client.Operations;

/// <summary>The codes of the answers (the contract's table). The numbers are what users script against.</summary>
public enum Code
{
    /// <summary>Done, or valid.</summary>
    Done = 0,

    /// <summary>No such WAL file, timeline, slot or operation.</summary>
    NotFound = 1,

    /// <summary>Invalid scope, sequence, option or name.</summary>
    Invalid = 2,

    /// <summary>Promotion or failover of a node that is not in recovery.</summary>
    NotInRecovery = 3,

    /// <summary>A running standby was asked to start as primary.</summary>
    RunningStandby = 5,

    /// <summary>Another node is writable or unknown.</summary>
    AnotherWritable = 6,

    /// <summary>Not the states this operation needs, or a data directory that cannot be used.</summary>
    WrongState = 7,

    /// <summary>Another operation is running.</summary>
    Busy = 8,

    /// <summary>A step failed, or the deadline passed.</summary>
    StepFailed = 9,

    /// <summary>A node that has to act cannot be reached.</summary>
    PeerUnreachable = 10,

    /// <summary>A running primary was asked to start as standby.</summary>
    RunningPrimary = 11,

    /// <summary>There is no primary to follow.</summary>
    PrimaryNotStarted = 12,

    /// <summary>The WAL of the nodes forbids it, or its relation cannot be proven.</summary>
    WalNotProven = 13,

    /// <summary>Bad or missing credentials.</summary>
    Credentials = 14,

    /// <summary>An upload that does not fit.</summary>
    BadUpload = 15,
}
