namespace PgHa.Agent.Cluster;

/// <summary>Check that pg_rewind could bring this node back to where it parted from another: its preconditions (fact 22). Changes nothing.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Source">The primary.</param>
public sealed record CheckRewind(string Node, string Source) : CheckStep(Node)
{
    /// <inheritdoc />
    public override string Words => $"check that {Node} can be rewound to {Source}";

    /// <inheritdoc />
    public override string Path => $"check-rewind?source={Source}";
}

/// <summary>Check that a base backup of another node could take the place of this node's data directory (fact 24). Changes nothing.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Source">The primary.</param>
public sealed record CheckReclone(string Node, string Source) : CheckStep(Node)
{
    /// <inheritdoc />
    public override string Words => $"check that {Node} can be replaced by a copy of {Source}";

    /// <inheritdoc />
    public override string Path => $"check-reclone?source={Source}";
}

/// <summary>Save what exists only on this stopped node: its WAL past the fork, slots and control file, with a report. Changes nothing in its data directory.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Source">The node it parted from.</param>
/// <param name="GivesUp">An operator gives up what only its tables hold: the WAL of it is recycled.</param>
public sealed record SalvageWal(string Node, string Source, bool GivesUp = false) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"salvage what only {Node} holds";

    /// <inheritdoc />
    public override string Path => $"salvage?source={Source}{(GivesUp ? "&earlier=given-up" : "")}";

    /// <inheritdoc />
    public override Reach Reach => Reach.Untouched;
}

/// <summary>Rewind the stopped node to where it parted from another, by pg_rewind. What it held past the fork must have been salvaged.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Source">The primary.</param>
public sealed record RewindServer(string Node, string Source) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"rewind {Node} to {Source}";

    /// <inheritdoc />
    public override string Path => $"rewind?source={Source}";
}

/// <summary>Put a new base backup in the place of the stopped node's data directory, which is kept aside.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Source">The primary.</param>
public sealed record RecloneServer(string Node, string Source) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"replace {Node} by a base backup of {Source}";

    /// <inheritdoc />
    public override string Path => $"reclone?source={Source}";
}

/// <summary>Remove the old data directory, once the new one streams.</summary>
/// <param name="Node">The node that acts.</param>
public sealed record DiscardOld(string Node) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"remove the old data directory of {Node}, once the new one streams";

    /// <inheritdoc />
    public override string Path => "discard-old";
}

/// <summary>
/// Let the node follow; where it does not come to stream, replace it by a base backup. Its WAL must be a beginning of the other's, so that
/// nothing is given up.
/// </summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Upstream">The primary.</param>
public sealed record FollowOrReclone(string Node, string Upstream) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"let {Node} follow {Upstream}, or replace it by a base backup if it does not come to stream";

    /// <inheritdoc />
    public override string Path => $"follow-or-reclone?upstream={Upstream}";

    /// <inheritdoc />
    public override TimeSpan Bound => TimeSpan.FromHours(24);
}
