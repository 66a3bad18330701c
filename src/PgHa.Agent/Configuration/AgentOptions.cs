using PgHa.Client.Facts;

namespace PgHa.Agent.Configuration;

/// <summary>The form of the agent's own log.</summary>
public enum LogForm
{
    /// <summary>One line of plain text each.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}

/// <summary>What one agent is told by its configuration: complete and validated, never changed afterwards.</summary>
public sealed record AgentOptions
{
    /// <summary>Name of the cluster, the same on all of its nodes.</summary>
    public required string Cluster { get; init; }

    /// <summary>Which of <see cref="Nodes"/> this agent is.</summary>
    public required string Node { get; init; }

    /// <summary>Where the agent listens: <c>http</c> or <c>https</c>, without a path.</summary>
    public required Uri Listen { get; init; }

    /// <summary>Where health checks alone are answered, too; null: on <see cref="Listen"/> only.</summary>
    public Uri? HealthListen { get; init; }

    /// <summary>The collector that operations are sent to as traces, by OTLP; null: none.</summary>
    public Uri? Traces { get; init; }

    /// <summary>All nodes of the cluster, this one included, in configuration order.</summary>
    public required IReadOnlyList<NodeOptions> Nodes { get; init; }

    /// <summary>The PostgreSQL instance beside this agent.</summary>
    public required PostgresOptions Postgres { get; init; }

    /// <summary>Absolute path of the agent's own directory (journal, salvage), outside the data directory.</summary>
    public required string StateDir { get; init; }

    /// <summary>What the agent keeps there.</summary>
    public StateFiles State => new(StateDir);

    /// <summary>A standby that ended with its machine is started again.</summary>
    public bool StartsStandby { get; init; } = true;

    /// <summary>How copies of the primary's logical slots are kept.</summary>
    public SlotsOptions Slots { get; init; } = new();

    /// <summary>Who fails over, and how.</summary>
    public FailoverOptions Failover { get; init; } = new();

    /// <summary>The form of the agent's own log.</summary>
    public LogForm Log { get; init; }

    /// <summary>How callers prove who they are, and TLS.</summary>
    public required SecurityOptions Security { get; init; }

    /// <summary>The entry of <see cref="Nodes"/> that is this node.</summary>
    public NodeOptions Self => Nodes.First(node => node.Name == Node);

    /// <summary>The cluster as this configuration describes it: all agents have to agree on it.</summary>
    public ClusterIdentity Identity => ClusterIdentity.Of(Cluster, Nodes.Select(node => node.Member));
}

/// <summary>Where a node of the cluster is reached.</summary>
/// <param name="Name">The node's name, as it stands in every answer.</param>
/// <param name="Agent">Root URL of its agent: <c>http</c> or <c>https</c>, without a path.</param>
/// <param name="PostgresHost">Host name or address of its PostgreSQL; an IPv6 address without brackets, as libpq wants it.</param>
/// <param name="PostgresPort">TCP port of its PostgreSQL, 1 to 65535.</param>
public sealed record NodeOptions(string Name, Uri Agent, string PostgresHost, int PostgresPort)
{
    /// <summary>The node in one spelling, however the file writes it.</summary>
    public ClusterMember Member => new(
        Name,
        $"{Agent.Scheme}://{Agent.Authority}".ToLowerInvariant(),
        (PostgresHost.Contains(':', StringComparison.Ordinal) ? $"[{PostgresHost}]:{PostgresPort}" : $"{PostgresHost}:{PostgresPort}").ToLowerInvariant());
}

/// <summary>The local PostgreSQL instance. Paths are absolute.</summary>
public sealed record PostgresOptions
{
    /// <summary>The role used where none is configured.</summary>
    public const string DefaultRole = "postgres";

    /// <summary>The database used where none is configured.</summary>
    public const string DefaultDatabase = "postgres";

    /// <summary>How much WAL is held back for a node that is away where nothing is configured.</summary>
    public const string DefaultSlotKeepSize = "10GB";

    /// <summary>Directory of <c>pg_ctl</c> and its companions; null: found on PATH or in the usual places.</summary>
    public string? BinDir { get; init; }

    /// <summary>The data directory (PGDATA).</summary>
    public required string DataDir { get; init; }

    /// <summary>The <c>postgresql.conf</c>, if outside the data directory; null: found.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>File that receives the server's stderr; null: the agent chooses.</summary>
    public string? LogFile { get; init; }

    /// <summary>Role for local SQL.</summary>
    public string Superuser { get; init; } = DefaultRole;

    /// <summary>Role for streaming, pg_rewind and pg_basebackup.</summary>
    public string ReplicationUser { get; init; } = DefaultRole;

    /// <summary>The database that the agent and pg_rewind log in to, on every node.</summary>
    public string Database { get; init; } = DefaultDatabase;

    /// <summary>Passwords in libpq's own format; null: libpq's default applies.</summary>
    public string? Passfile { get; init; }

    /// <summary>The most WAL that a slot of ours may hold back for a node that is away, in bytes.</summary>
    public ulong SlotKeepBytes { get; init; } = 10UL << 30;
}

/// <summary>How this node keeps copies of the primary's logical slots while it is a standby.</summary>
public sealed record SlotsOptions
{
    /// <summary>How often they are brought level; zero: only in role changes and when asked.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Before PostgreSQL 16: restart the standby when the primary has a slot that it has no copy of.</summary>
    public bool Restart { get; init; }
}

/// <summary>How callers prove who they are, and TLS. Secrets stay in the files that are named here.</summary>
public sealed record SecurityOptions
{
    /// <summary>The agent makes a token that only its own user and root can read; calls need that, or another one.</summary>
    public bool OwnerOnly { get; init; }

    /// <summary>Whether callers have to present a token.</summary>
    public bool AsksForToken => OwnerOnly || TokenFile is not null || TokensFile is not null || Tls?.ClientCaFile is not null;

    /// <summary>File with the bearer token that operators and peers present; null only if the agent listens on loopback.</summary>
    public string? TokenFile { get; init; }

    /// <summary>File with the tokens of people and programs, their roles and hashes; null: there are none.</summary>
    public string? TokensFile { get; init; }

    /// <summary>Certificate and key; null only if the agent listens on plain http.</summary>
    public TlsOptions? Tls { get; init; }
}

/// <summary>The agent's certificate, as absolute paths of PEM files.</summary>
/// <param name="CertificateFile">Certificate, followed by its intermediates.</param>
/// <param name="KeyFile">Private key of the certificate.</param>
public sealed record TlsOptions(string CertificateFile, string KeyFile)
{
    /// <summary>Authorities that peers' certificates are checked against; null: those the machine trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>Authorities of the certificates by which other agents are let in as peers; null: by tokens only.</summary>
    public string? ClientCaFile { get; init; }
}
