using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>What is known now of the nodes and the records.</summary>
/// <param name="View">The nodes.</param>
/// <param name="Holder">The holder of the record; null: none.</param>
/// <param name="Failover">The settings.</param>
/// <param name="Record">The record.</param>
/// <param name="Sync">The sync record; null: there is none.</param>
/// <param name="SyncUnknown">Why it is not known whether there is one.</param>
internal sealed record IfItDiedNow(ClusterView View, string? Holder, FailoverOptions Failover, PrimaryRecord? Record = null, SyncRecord? Sync = null, string? SyncUnknown = null);

/// <summary>What would happen if a node died now: who would follow, when, and what nobody else holds. Pure; from what the servers say, not from a proof.</summary>
internal static class WhatIf
{
    internal static IfItDied Dies(string node, IfItDiedNow now)
    {
        var (view, holder) = (now.View, now.Holder);
        if (view[node] is { Reachable: false } away)
            return new(node, $"it does not answer: {away.Problem}", view.Primary?.Node, null, null);
        if (node != holder)
            return new(node, holder is null ? "nothing: no node holds the record" : $"nothing: {holder} goes on", holder, null, 0);
        if (now.SyncUnknown is { } why)
            return new(node, $"that is not known: the sync record in etcd cannot be asked ({why})", null, null, null);
        var seen = view.Except(node).Where(n => n.InRecovery).ToArray();
        if (now.Sync is { } sync && SyncElection.Lacking(sync, [.. seen.Select(n => n.Node)]) is { } lacks)
            return new(node, $"no other node would take its place: {lacks}", null, null, null);
        var standbys = seen.Where(n => n is { Failover.NotEligible: null }).OrderByDescending(n => n.Sql!.Position).ThenByDescending(n => n.Failover!.Priority).ThenBy(n => n.Node, StringComparer.Ordinal);
        return standbys.FirstOrDefault() is { } best ? Follows(node, best, now) : new(node, "no other node could take its place", null, null, null);
    }

    private static IfItDied Follows(string node, NodeObservation best, IfItDiedNow now)
    {
        var written = now.View[node].Sql?.Flush;
        var lacking = written is { } end ? end > best.Sql!.Position ? (long)(end - best.Sql.Position) : 0L : (long?)null;
        var proven = now.Sync is { GivenUp: false, Set.Needed: > 0 };
        var seconds = Math.Round(Seconds(node, now), 1);
        var only = lacking > 0 ? $"; {lacking} bytes of WAL are only on {node}{(proven ? ", acknowledged to nobody whose commits wait for standbys" : "")}" : "";
        return new(node, $"{best.Node} takes the record after {seconds} s at most and is promoted{only}", best.Node, seconds, lacking);
    }

    /// <summary>Where the others can revoke the record nobody waits until it has run out.</summary>
    private static double Seconds(string node, IfItDiedNow now)
    {
        var voters = now.View.Except(node).Where(PledgeRules.CanPledge).Select(n => n.Node).ToArray();
        var revokes = now.Failover.Revokes && now.Record is { } record && Revocation.MayBe(record, now.Sync) && now.Sync!.Set.IsMetBy(voters);
        return (revokes ? now.Failover.Times.Overdue + (2 * FailoverTimes.Look) : now.Failover.Times.Expiry + FailoverTimes.Look).TotalSeconds;
    }
}
