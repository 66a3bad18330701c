using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>
/// What <c>synchronized_standby_slots</c> (17 and later, fact 36) has to be on a node, so that it is right at the moment the node becomes
/// primary, planned or not: the primary's value with the node's own slot replaced by the primary's. A value that names a slot which is
/// not there stops the consumers of failover slots for ever. Pure.
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
        if (view[node].Sql?.SynchronizedStandbySlots is not { } own || view.Primary is not { Sql.SynchronizedStandbySlots: { Length: > 0 } theirs } primary)
            return null;
        var names = theirs.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(n => n.Trim('"')).ToArray();
        if (!names.All(slots.Values.Contains))
            return null;
        var wanted = primary.Node == node
            ? names.Where(n => n != slots[node])
            : names.Select(n => n == slots[node] ? slots[primary.Node] : n).Where(n => n != slots[node]).Distinct();
        var value = string.Join(", ", wanted);
        return own.Replace(" ", "", StringComparison.Ordinal) == value.Replace(" ", "", StringComparison.Ordinal) ? null : value;
    }
}
