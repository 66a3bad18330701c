using PgHa.Client.Facts;

namespace PgHa.Agent.Configuration;

/// <summary>What one agent is told by its configuration: complete and validated, never changed afterwards.</summary>
public sealed record AgentOptions
{
    /// <summary>Name of the cluster, the same on all of its nodes.</summary>
    public required string Cluster { get; init; }

    /// <summary>Which of <see cref="Nodes"/> this agent is.</summary>
    public required string Node { get; init; }

    /// <summary>Where the agent listens: <c>http</c> or <c>https</c>, without a path.</summary>
    public required Uri Listen { get; init; }

    /// <summary>All nodes of the cluster, this one included, in configuration order.</summary>
    public required IReadOnlyList<NodeOptions> Nodes { get; init; }

    /// <summary>The PostgreSQL instance beside this agent.</summary>
    public required PostgresOptions Postgres { get; init; }

    /// <summary>Absolute path of the agent's own directory (journal, salvage), outside the data directory.</summary>
    public required string StateDir { get; init; }

    /// <summary>How copies of the primary's logical slots are kept.</summary>
    public SlotsOptions Slots { get; init; } = new();

    /// <summary>How callers prove who they are, and TLS.</summary>
    public required SecurityOptions Security { get; init; }

    /// <summary>The entry of <see cref="Nodes"/> that is this node.</summary>
    public NodeOptions Self => Nodes.First(node => node.Name == Node);

    /// <summary>The cluster as this configuration describes it: all agents have to agree on it.</summary>
    public ClusterIdentity Identity => ClusterIdentity.Of(Cluster, Nodes.Select(node => node.Member));
}
