namespace PgHa.Agent.Configuration;

/// <summary>What <c>failover.d</c> means in seconds. Pure.</summary>
/// <param name="D">How long the record holds after its last renewal.</param>
/// <param name="Election">etcd's election timeout. etcd draws each election from one to two of it.</param>
public sealed record FailoverTimes(TimeSpan D, TimeSpan Election)
{
    /// <summary>The shortest D.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(2);

    /// <summary>The longest D.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromMinutes(5);

    /// <summary>What is kept for killing a server until it was measured here.</summary>
    public static readonly TimeSpan UsualStop = TimeSpan.FromMilliseconds(300);

    /// <summary>How often the holder renews the record, and the bound of each attempt.</summary>
    public TimeSpan Renewal => D / 6;

    /// <summary>How long after the last renewal was sent the holder's server is killed.</summary>
    public TimeSpan Fence(TimeSpan stop) => (D * 0.99) - stop;

    /// <summary>How long a candidate sees the record unchanged before it takes it.</summary>
    public TimeSpan Expiry => D * 1.01;

    /// <summary>How often a node looks at the record.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>How long after the last renewal that was seen the next one has not come in time: a quarter more than it may take, and one look.</summary>
    public TimeSpan Overdue => (Renewal * 1.25) + Look;

    /// <summary>The D that survives an election of etcd that has to be repeated, two renewals, and the end of the server.</summary>
    public TimeSpan NeededD => 1.5 * ((4 * Election) + UsualStop);

    /// <summary>The election timeout of our own etcd: as short as D needs it, as long as quiet disks allow.</summary>
    public static TimeSpan ElectionFor(TimeSpan d) => TimeSpan.FromMilliseconds(Math.Min(d.TotalMilliseconds / 8, EtcdOptions.UsualElection.TotalMilliseconds));
}
