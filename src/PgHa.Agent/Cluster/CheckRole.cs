namespace PgHa.Agent.Cluster;

/// <summary>
/// Check that this node's roles may do what a copy, a rewind and a change of roles will need: its own on its running server, the
/// replication role on another node. Changes nothing.
/// </summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Upstream">The node it would copy, or be rewound to.</param>
public sealed record CheckRole(string Node, string Upstream) : CheckStep(Node)
{
    /// <inheritdoc />
    public override string Words => $"check what the roles of {Node} may do, there and on {Upstream}";

    /// <inheritdoc />
    public override string Path => $"check-role?upstream={Upstream}";
}
