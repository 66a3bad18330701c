namespace PgHa.Agent.Cluster;

/// <summary>
/// Write <c>standby.signal</c> on a node that is not to be primary any more, stopped or still running as primary: whoever starts it from now
/// on gets a server in recovery (facts 4 and 43).
/// </summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Forced">An operator's force answers for it where it cannot be written: that is named, and the plan goes on.</param>
public sealed record Demote(string Node, bool Forced) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"write standby.signal on {Node}, so that any start of it is in recovery";

    /// <inheritdoc />
    public override string Path => Forced ? "demote?force=true" : "demote";
}

/// <summary>Take <c>standby.signal</c> away from a node that stays primary, or may be started as primary again.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Accepted">Nodes an operator's force answers for.</param>
public sealed record Reinstate(string Node, IReadOnlyList<string> Accepted) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"take standby.signal of {Node} away: it is primary, or may be started as primary";

    /// <inheritdoc />
    public override string Path => "reinstate" + StepPath.Accept(Accepted).Replace('&', '?');
}
