namespace PgHa.Agent.Cluster;

/// <summary>Check that a new cluster could be made on this node: programs, passwords, hosts, a free port. Changes nothing.</summary>
/// <param name="Node">The node that acts.</param>
public sealed record CheckCreate(string Node) : CheckStep(Node)
{
    /// <inheritdoc />
    public override string Words => $"check that a new cluster can be made on {Node}";

    /// <inheritdoc />
    public override string Path => "check-init";
}

/// <summary>Make a new cluster in the empty data directory by initdb, set up for the configured nodes. The server is not started.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Accepted">Nodes that cannot be asked whether they hold a cluster, and that an operator's force answers for.</param>
public sealed record CreateCluster(string Node, IReadOnlyList<string> Accepted) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"make a new cluster on {Node}";

    /// <inheritdoc />
    public override string Path => "init" + StepPath.Accept(Accepted).Replace('&', '?');
}

/// <summary>
/// Check that this node could take a base backup of another: logins, major version, tablespaces, configuration, free space, a free port.
/// Changes nothing.
/// </summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Source">The node it would be a copy of.</param>
public sealed record CheckClone(string Node, string Source) : CheckStep(Node)
{
    /// <inheritdoc />
    public override string Words => $"check that {Node} can be cloned from {Source}";

    /// <inheritdoc />
    public override string Path => $"check-clone?source={Source}";
}

/// <summary>Fill the empty data directory with a verified base backup of another node, set up as a standby. The server is not started.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Source">The running node it becomes a copy of.</param>
public sealed record CloneFrom(string Node, string Source) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"clone {Node} from {Source}";

    /// <inheritdoc />
    public override string Path => $"clone?source={Source}";

    /// <inheritdoc />
    public override TimeSpan Bound => TimeSpan.FromHours(24);
}
