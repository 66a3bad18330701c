using PgHa.Client.Facts;

namespace PgHa.Agent.Cluster;

/// <summary>All nodes as they were observed at one moment, in configuration order. Immutable.</summary>
public sealed record ClusterView(IReadOnlyList<NodeObservation> Nodes)
{
    /// <summary>Nodes that accept writes, or may from one moment to the next.</summary>
    public IEnumerable<NodeObservation> Writable => Nodes.Where(n => n.Writable);

    /// <summary>Nodes of which nothing certain is known; of one whose control file says "shut down" enough is.</summary>
    public IEnumerable<NodeObservation> Unknown => Nodes.Where(n => n.State == NodeState.Unknown && !n.Ending);

    /// <summary>Running nodes in recovery.</summary>
    public IEnumerable<NodeObservation> InRecovery => Nodes.Where(n => n.InRecovery);

    /// <summary>The one writable node; null when there is none or more than one.</summary>
    public NodeObservation? Primary => Writable.Count() == 1 ? Writable.First() : null;

    /// <summary>The observation of a node.</summary>
    public NodeObservation this[string node] => Nodes.First(n => n.Node == node);

    /// <summary>All nodes but one.</summary>
    public IEnumerable<NodeObservation> Except(string node) => Nodes.Where(n => n.Node != node);

    /// <summary>What every node is, in a sentence.</summary>
    public string InForce => $"In force now: {string.Join(", ", Nodes.Select(n => $"{n.Node} {n.State.Words()}"))}";

    /// <summary>Names for a sentence.</summary>
    public static string Names(IEnumerable<NodeObservation> nodes) => string.Join(", ", nodes.Select(n => n.Node));
}
