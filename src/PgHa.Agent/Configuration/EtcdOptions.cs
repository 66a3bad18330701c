namespace PgHa.Agent.Configuration;

/// <summary>A member of our own etcd.</summary>
/// <param name="Name">The node's or the witness's name.</param>
/// <param name="Client">Where agents call it.</param>
/// <param name="Peer">Where the other members call it.</param>
public sealed record EtcdMember(string Name, Uri Client, Uri Peer);

/// <summary>The etcd that keeps the record.</summary>
public sealed record EtcdOptions
{
    /// <summary>The election timeout that etcd ships with.</summary>
    public static readonly TimeSpan UsualElection = TimeSpan.FromSeconds(1);

    /// <summary>The members of our own etcd, which run beside the agents and on witnesses; empty if the etcd is somebody else's.</summary>
    public IReadOnlyList<EtcdMember> Members { get; init; } = [];

    /// <summary>Where etcd is called: <c>http</c> or <c>https</c>.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>etcd's election timeout. An election takes up to two of them.</summary>
    public TimeSpan Election { get; init; } = UsualElection;

    /// <summary>The user that logs in; null: none.</summary>
    public string? User { get; init; }

    /// <summary>File with that user's password.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Certificate and key that etcd may ask for; null: none.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>Authorities that etcd's certificate is checked against; null: those the machine trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>etcd runs beside the agents, as <c>pgha etcd</c> starts it.</summary>
    public bool IsBeside => Members.Count > 0;
}
