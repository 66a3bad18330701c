using System.Net.Security;
using PgHa.Client.Facts;

namespace PgHa.Client.Calls;

/// <summary>Where an agent is, and what it is shown.</summary>
/// <param name="Node">The name of its node.</param>
/// <param name="Address">Its address, <c>http</c> or <c>https</c>.</param>
public sealed record AgentPlace(string Node, Uri Address)
{
    /// <summary>The token of the moment, asked for with every call; null where calls need none.</summary>
    public Func<string?> Token { get; init; } = () => null;

    /// <summary>Where a person's token is read from: the hint where it is refused. Null for an agent, which has the cluster's.</summary>
    public string? TokenFrom { get; init; }

    /// <summary>The certificates that an <c>https</c> address is trusted by; null: the system's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The caller's own certificate of the moment, for an agent that asks for one; null where there is none.</summary>
    public Func<SslStreamCertificateContext?> Certificate { get; init; } = () => null;

    /// <summary>The cluster as the caller describes it: an agent that describes it otherwise carries out no step for it. Null for whoever only asks.</summary>
    public ClusterIdentity? Identity { get; init; }

    /// <summary>Tells how long an agent's machine has been silent.</summary>
    public required TimeProvider Time { get; init; }
}
