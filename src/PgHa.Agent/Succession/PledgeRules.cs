using PgHa.Agent.Leadership;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>What is pledged.</summary>
/// <param name="Epoch">The epoch that may be taken by it.</param>
/// <param name="Holder">The primary.</param>
/// <param name="Revision">The revision of its record: once that is renewed nothing is pledged.</param>
/// <param name="Timeline">The timeline that it serves on.</param>
public sealed record PledgeOrder(long Epoch, string Holder, long Revision, uint Timeline);

/// <summary>When a voter pledges to receive nothing more from the primary, and when it takes that back. Pure.</summary>
public static class PledgeRules
{
    /// <summary>
    /// A pledge without a new epoch is taken back after this time, because commits may wait for this node. A primary that hangs is seen lost by one voter up to three seconds later than by another:
    /// each look at it waits for an answer.
    /// </summary>
    public static readonly TimeSpan StandsFor = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(10), Longest = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Why this node does not pledge; null: it does. The primary is lost if a renewal did not come (it shows nothing to etcd), its agent does not answer, and its server does not, from here.
    /// Three ways at once: an agent that is restarted, a link that flaps, and an etcd that is slow each take away one or two. And it pledges only together with enough others.
    /// </summary>
    public static string? Refuse(SuccessionFacts f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return !f.HolderLost ? "the holder is not seen lost"
            : f.Stands is not { } record || !Revocation.MayBe(record, f.Sync) ? $"the sync record of {f.Holder} does not allow it"
            : !f.Sync!.Set.Voters.Contains(f.Node) ? "commits do not wait for it"
            : f.PromisedTo is { } promised ? $"it has promised {promised}, which serves without etcd, not to become writable"
            : f.NotEligible ?? f.NoPledge
            ?? (!f.Own.InRecovery || f.Own.Sql?.Held is { Paused: true } ? "its replay does not run"
            : !f.Sync.Set.IsMetBy(Pledgers(f)) ? $"the pledges of those that can be seen would not suffice: {f.Sync.Set} have what was acknowledged" : null);
    }

    private static string[] Pledgers(SuccessionFacts f) => [.. f.View.Nodes.Where(n => n.Node == f.Node || (CanPledge(n) && !f.PausedNodes.Contains(n.Node))).Select(n => n.Node)];

    /// <summary>A node that may be one of those that pledge.</summary>
    internal static bool CanPledge(NodeObservation node) => node is { InRecovery: true, Failover: { NotEligible: null, PromisedTo: null } };

    /// <summary>Whether a pledge is to be taken back.</summary>
    /// <param name="order">What was pledged in this run of the agent, and since when it stands; null: an earlier run did, or it did not come to stand.</param>
    /// <param name="record">The record.</param>
    /// <param name="revision">Its revision.</param>
    public static bool IsOver((PledgeOrder Order, TimeSpan Stands)? order, PrimaryRecord record, long revision)
    {
        ArgumentNullException.ThrowIfNull(record);
        return order is not var (pledged, stands) || stands > StandsFor || revision != pledged.Revision || record.Released || record.Manual;
    }

    /// <summary>How long it does not pledge again after it did in vain, so that commits do not stall again and again.</summary>
    /// <param name="before">How long it did not the last time; null: this was the first one in this turn of the primary.</param>
    public static TimeSpan Pause(TimeSpan? before) => before is not { } last ? First : last * 2 < Longest ? last * 2 : Longest;
}
