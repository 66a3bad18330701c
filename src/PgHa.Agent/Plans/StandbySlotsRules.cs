using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>
/// What <c>synchronized_standby_slots</c> (17 and later, fact 36) has to be on a node, so that it is right at the moment the node becomes
/// primary, planned or not: the primary's value with the node's own slot replaced by the primary's, and without nodes that have left the
/// configuration. A value that names a slot which is not there stops the consumers of failover slots for ever. Pure.
/// </summary>
public static class StandbySlotsRules
{
    /// <summary>The value to set, or null where nothing is to be done. Values that name other slots than ours are an operator's own business.</summary>
    /// <param name="node">The node.</param>
    /// <param name="view">All nodes.</param>
    /// <param name="slots">Every configured node with the name of the slot that the others keep for it.</param>
    public static string? For(string node, ClusterView view, IReadOnlyDictionary<string, string> slots)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(slots);
        if (view[node].Sql?.SynchronizedStandbySlots is not { } own || view.Primary is not { Sql.SynchronizedStandbySlots: { } theirs } primary)
            return null;
        if (!AreOurs(Names(own)) || !AreOurs(Names(theirs)))
            return null;
        var wanted = Names(theirs).Select(n => n == slots[node] && node != primary.Node ? slots[primary.Node] : n)
            .Where(n => n != slots[node] && slots.Values.Contains(n)).Distinct();
        return Names(own).SequenceEqual(wanted) ? null : string.Join(", ", wanted);
    }

    /// <summary>
    /// What is to be said before a node becomes primary while nodes are away that its consumers wait for. They do wait: to let them get
    /// ahead of a standby would be the operator's decision, for the standby may be primary next.
    /// </summary>
    /// <param name="target">The node that becomes primary.</param>
    /// <param name="view">All nodes.</param>
    /// <param name="following">The nodes that will be its standbys when the change is done.</param>
    public static IReadOnlyList<Evidence> Evidence(string target, ClusterView view, IReadOnlyCollection<string> following)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(following);
        var named = Names(view[target].Sql?.SynchronizedStandbySlots ?? "");
        string[] away = [.. view.Except(target).Where(n => named.Contains(SlotName.Of(n.Node)) && !following.Contains(n.Node)).Select(n => n.Node)];
        return away.Length == 0 ? [] : [new ConsumersWait(target, [.. away])];
    }

    private static bool AreOurs(string[] names) => names.All(n => n.StartsWith(SlotName.Prefix, StringComparison.Ordinal));

    private static string[] Names(string value) => [.. value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(n => n.Trim('"'))];
}
