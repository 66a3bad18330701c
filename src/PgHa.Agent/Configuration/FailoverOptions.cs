namespace PgHa.Agent.Configuration;

/// <summary>Who decides that another node takes the primary's place.</summary>
public enum FailoverMode
{
    /// <summary>A person, by a call.</summary>
    Manual,

    /// <summary>The agents, by the record in etcd.</summary>
    Automatic,
}

/// <summary>What a commit waits for.</summary>
public enum SyncMode
{
    /// <summary>For the primary's own disk only; what was not streamed yet is lost together with that disk.</summary>
    Off,

    /// <summary>For one chosen standby.</summary>
    On,

    /// <summary>For any so many of the standbys.</summary>
    Quorum,
}

/// <summary>How a node that lost its place comes back.</summary>
public enum RejoinMode
{
    /// <summary>By pg_rewind, after what only it holds was salvaged.</summary>
    Rewind,

    /// <summary>By a new base backup.</summary>
    Reclone,

    /// <summary>By a call of an operator.</summary>
    Manual,
}

/// <summary>How this cluster fails over, as <c>failover</c> in the configuration says.</summary>
public sealed record FailoverOptions
{
    /// <summary>Who decides.</summary>
    public FailoverMode Mode { get; init; }

    /// <summary>Where the record is kept; null only in manual mode.</summary>
    public EtcdOptions? Etcd { get; init; }

    /// <summary>How long the record holds after its last renewal.</summary>
    public TimeSpan D { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>What a commit waits for.</summary>
    public SyncMode Sync { get; init; }

    /// <summary><c>synchronous_standby_names</c> is what the agents make it.</summary>
    public bool ManagesSync => Mode == FailoverMode.Automatic && Sync != SyncMode.Off;

    /// <summary>With <see cref="SyncMode.Quorum"/>: standbys may revoke the old primary's quorum, so that nobody has to wait for D.</summary>
    public bool Revocation { get; init; } = true;

    /// <summary>Voters pledge where the primary is lost.</summary>
    public bool Revokes => ManagesSync && Sync == SyncMode.Quorum && Revocation;

    /// <summary>How a node that lost its place comes back.</summary>
    public RejoinMode Rejoin { get; init; }

    /// <summary>Without sync: a standby that lacks more acknowledged WAL than this is not promoted, in bytes.</summary>
    public ulong LagLimit { get; init; }

    /// <summary>How long a crashed server may take to run again on its own machine before its place passes on.</summary>
    public TimeSpan RestartWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a server may give no answer to a new connection before its place passes on.</summary>
    public TimeSpan HangAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Of standbys that hold the same WAL the one with the higher number is promoted, 0 to 100.</summary>
    public int Priority { get; init; }

    /// <summary>This node is never promoted unless a person says so.</summary>
    public bool NoFailover { get; init; }

    /// <summary>The watchdog device that is armed with the same deadline; null: none.</summary>
    public string? Watchdog { get; init; }

    /// <summary>The program that stops a machine that cannot be reached; null: none.</summary>
    public string? StopCommand { get; init; }

    /// <summary>While etcd is out of reach the primary serves on, if all members consent.</summary>
    public bool StayWithoutEtcd { get; init; }

    /// <summary>What D means in seconds.</summary>
    public FailoverTimes Times => new(D, Etcd?.Election ?? EtcdOptions.UsualElection);
}
