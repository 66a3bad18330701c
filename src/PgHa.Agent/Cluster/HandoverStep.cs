namespace PgHa.Agent.Cluster;

/// <summary>
/// Bring a running standby level with the primary while writes go on, and prove that it may become writable but for the primary, so that
/// little is left to do and to prove once they are interrupted.
/// </summary>
/// <param name="Node">The standby.</param>
/// <param name="Source">The primary.</param>
/// <param name="Accepted">Nodes an operator's force answers for.</param>
public sealed record BringLevel(string Node, string Source, IReadOnlyList<string> Accepted) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"bring {Node} level with {Source}";

    /// <inheritdoc />
    public override string Path => $"level?source={Source}" + StepPath.Accept(Accepted);

    /// <inheritdoc />
    public override Reach Reach => Reach.Untouched;
}

/// <summary>
/// End the primary's sessions, flush all that was acknowledged, and stop it at once; fast instead where unlogged tables hold data or WAL
/// waits to be archived. Nothing of it where a node has changed so that the one that is to follow could not take over now.
/// </summary>
/// <param name="Node">The primary.</param>
/// <param name="Successor">The node that takes over.</param>
/// <param name="AcceptUnlogged">Unlogged tables may be emptied (facts 14).</param>
/// <param name="Accepted">Nodes an operator's force answers for.</param>
public sealed record HandOver(string Node, string Successor, bool AcceptUnlogged, IReadOnlyList<string> Accepted) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"end the sessions of {Node} and stop it at once{(AcceptUnlogged ? ", emptying its unlogged tables" : "")}";

    /// <inheritdoc />
    public override string Path => $"hand-over?successor={Successor}" + (AcceptUnlogged ? "&unlogged=accept" : "") + StepPath.Accept(Accepted);
}

/// <summary>Give a running standby what it misses of the stopped primary's WAL, let it replay that, and promote it.</summary>
/// <param name="Node">The standby.</param>
/// <param name="Source">The stopped primary.</param>
/// <param name="Accepted">Nodes an operator's force answers for.</param>
public sealed record TakeOver(string Node, string Source, IReadOnlyList<string> Accepted) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"give {Node} the end of the WAL of {Source} and promote it";

    /// <inheritdoc />
    public override string Path => $"take-over?source={Source}" + StepPath.Accept(Accepted);

    /// <inheritdoc />
    public override Reach Reach => Reach.MayBeWritable;
}
