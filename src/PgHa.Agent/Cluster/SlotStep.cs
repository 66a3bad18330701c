namespace PgHa.Agent.Cluster;

/// <summary>Give a stopped node the logical slots of another by their state files, so that it can serve their consumers.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Source">The node whose slots they are.</param>
public sealed record PlaceSlots(string Node, string Source) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"place the logical slots of {Source} on {Node}";

    /// <inheritdoc />
    public override string Path => $"place-slots?source={Source}";
}

/// <summary>
/// Bring the logical slots of a running standby level with those of another node. It makes and drops none, and advances none further than the
/// original: upkeep does the same, no consumer can tell, and a goal that got no further than this must not be taken up later.
/// </summary>
/// <param name="Node">The standby.</param>
/// <param name="Source">The node whose slots they are.</param>
public sealed record LevelSlots(string Node, string Source) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"bring the logical slots of {Node} level with {Source}";

    /// <inheritdoc />
    public override string Path => $"level-slots?source={Source}";

    /// <inheritdoc />
    public override Reach Reach => Reach.Untouched;
}

/// <summary>Make copies of another node's physical slots that are not pgha's, where they are missing: a standby keeps WAL for their consumers, too.</summary>
/// <param name="Node">The standby.</param>
/// <param name="Source">The node whose slots they are.</param>
public sealed record CopySlots(string Node, string Source) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"make copies of the physical slots of {Source} on {Node}";

    /// <inheritdoc />
    public override string Path => $"copy-slots?source={Source}";
}
