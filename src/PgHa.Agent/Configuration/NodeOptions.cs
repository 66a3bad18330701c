using PgHa.Client.Facts;

namespace PgHa.Agent.Configuration;

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
