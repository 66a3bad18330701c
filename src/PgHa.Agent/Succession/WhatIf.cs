using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>What would happen if a node died now: who would follow, when, and what nobody else holds. Pure; from what the servers say, not from a proof.</summary>
internal static class WhatIf
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    internal static IfItDied Dies(string node, ClusterView view, string? holder, FailoverOptions failover)
    {
        if (view[node] is { Reachable: false } away)
            return new(node, $"it does not answer: {away.Problem}", view.Primary?.Node, null, null);
        if (node != holder)
            return new(node, holder is null ? "nothing: no node holds the record" : $"nothing: {holder} goes on", holder, null, 0);
        var standbys = view.Except(node).Where(n => n is { InRecovery: true, Failover.NotEligible: null }).OrderByDescending(n => n.Sql!.Position).ThenByDescending(n => n.Failover!.Priority)
            .ThenBy(n => n.Node, StringComparer.Ordinal).ToArray();
        var written = view[node].Sql?.Flush;
        if (standbys is not [var best, ..])
            return new(node, "no other node could take its place", null, null, null);
        var seconds = Math.Round((failover.Times.Expiry + Look).TotalSeconds, 1);
        var lacking = written is { } end ? end > best.Sql!.Position ? (long)(end - best.Sql.Position) : 0L : (long?)null;
        return new(node, $"{best.Node} takes the record after {seconds} s at most and is promoted{(lacking > 0 ? $"; {lacking} bytes of WAL are only on {node}" : "")}", best.Node, seconds, lacking);
    }
}
