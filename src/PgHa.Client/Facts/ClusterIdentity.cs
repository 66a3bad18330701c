using System.Security.Cryptography;
using System.Text;

namespace PgHa.Client.Facts;

/// <summary>A node of the cluster as a configuration lists it, in one spelling.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Agent">Root URL of its agent, lower case, without a slash at the end.</param>
/// <param name="Postgres">Host and port of its PostgreSQL, lower case.</param>
public sealed record ClusterMember(string Name, string Agent, string Postgres)
{
    /// <inheritdoc />
    public override string ToString() => $"node {Name} (agent {Agent}, PostgreSQL {Postgres})";
}

/// <summary>
/// The cluster as one agent's configuration describes it. All agents must describe it alike, because two different sets of nodes could
/// otherwise act beside each other.
/// </summary>
/// <param name="Digest">Equal exactly where the cluster's name and all nodes are.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Nodes">All nodes, by name: their order in the file does not matter.</param>
public sealed record ClusterIdentity(string Digest, string Cluster, IReadOnlyList<ClusterMember> Nodes)
{
    /// <summary>The identity of a cluster with these nodes.</summary>
    public static ClusterIdentity Of(string cluster, IEnumerable<ClusterMember> nodes)
    {
        ClusterMember[] sorted = [.. nodes.OrderBy(n => n.Name, StringComparer.Ordinal)];
        var text = string.Join('\n', [cluster, .. sorted.Select(n => $"{n.Name} {n.Agent} {n.Postgres}")]);
        return new(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32], cluster, sorted);
    }

    /// <summary>What it says, one fact each, for naming a difference.</summary>
    public IEnumerable<string> Facts() => Nodes.Select(n => n.ToString()).Prepend($"the cluster name {Cluster}");
}
