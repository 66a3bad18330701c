using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>A node will not follow by streaming alone.</summary>
/// <param name="Node">The node.</param>
/// <param name="Upstream">The node it is to stream from.</param>
public sealed record MissesUnservedWal(string Node, string Upstream) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} misses WAL that {Upstream} cannot stream: afterwards POST instance/slave on {Node} brings it";
}
