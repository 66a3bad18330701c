using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>The part about who takes the primary's place.</summary>
public static partial class SuccessionRules
{
    /// <summary>
    /// The nodes that could take it, the best one first. Where a standby runs only running ones count: what a stopped node holds is fetched from it. They are
    /// judged by everyone from the same facts, so that one comes forward.
    /// </summary>
    internal static IEnumerable<string> Candidates(SuccessionFacts f)
    {
        var able = f.View.Nodes.Where(n => n.Reachable && n.DataProblem is null && !f.Passed.Contains(n.Node) && !f.PausedNodes.Contains(n.Node))
            .Where(n => IsEligible(f, n) && f.Wal!.PositionOf(n.Node) is not null && IsOnLine(f, n.Node)).ToArray();
        var running = able.Where(n => n.InRecovery && n.Sql?.Held is not { ForGood: true }).ToArray();
        return (running.Length > 0 ? running : [.. able.Where(n => n.Down)])
            .OrderByDescending(n => f.Wal!.PositionOf(n.Node)!.Timeline.Value)
            .ThenByDescending(n => f.Wal!.PositionOf(n.Node)!.End)
            .ThenByDescending(n => n.Node == f.Holder)
            .ThenByDescending(n => f.Sync?.Set.Voters.Contains(n.Node) == true)
            .ThenByDescending(n => n.Failover?.Priority ?? 0)
            .ThenBy(n => n.Node, StringComparer.Ordinal)
            .Select(n => n.Node);
    }

    private static bool IsEligible(SuccessionFacts f, NodeObservation n) => n.Node == f.Node || n.Failover is { NotEligible: null };

    /// <summary>A node that has parted from this one's line is no better; whether it is worse only a person can say, and the plan refuses beside it.</summary>
    internal static bool IsOnLine(SuccessionFacts f, string node) => node == f.Node || f.Wal!.Of(node).Kinship is WalKinship.Identical or WalKinship.Ahead or WalKinship.Behind;
}
