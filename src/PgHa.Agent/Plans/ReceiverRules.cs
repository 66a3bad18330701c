using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>
/// Standbys that may still receive WAL while another node is about to become writable. Where nobody sees that the old primary is down, it may
/// still send; and after its end the kernel holds what it sent last. Such a standby could get ahead of the new primary after that one
/// was asked for the last time, and its rows would be given up needlessly. Pure.
/// </summary>
internal static class ReceiverRules
{
    /// <summary>
    /// The standbys that are pointed at the new primary before it is one, not only afterwards: what they hold cannot grow any more when it asks for
    /// the last time who holds more than it does.
    /// </summary>
    /// <param name="target">The node that is to become writable.</param>
    /// <param name="standbys">The running standbys that will follow it.</param>
    /// <param name="mandate">Who undoes brings back what served before: nothing is in the way of that.</param>
    /// <param name="answered">Who answers for nodes that cannot be asked; none: the old primary is seen to be down, and all it wrote is known.</param>
    /// <param name="view">All nodes.</param>
    internal static string[] Cut(string target, IEnumerable<string> standbys, Mandate mandate, IReadOnlyList<Assurance> answered, ClusterView view) =>
        answered.Count == 0 || mandate.IsUndo || mandate.BringsBack ? [] : [.. standbys.Where(n => view[n].UpstreamNode != target)];

    /// <summary>The node they stream from until then; null where that is none of the nodes.</summary>
    internal static string? Upstream(IEnumerable<string> cut, ClusterView view) => cut.Select(n => view[n].UpstreamNode).FirstOrDefault(n => n is not null);

    /// <summary>The undo: they are pointed back as long as no other node is known to be writable.</summary>
    internal static IReadOnlyList<IReadOnlyList<Step>> PointBack(string target, string? upstream, ClusterView view) =>
        upstream is null || view.Nodes.Any(n => n.Writable && n.Node != upstream) ? []
            : Stages.Point([.. view.InRecovery.Where(n => n.Node != upstream && n.Node != target && (n.UpstreamNode is null || n.UpstreamNode == target)).Select(n => n.Node)], upstream);
}
