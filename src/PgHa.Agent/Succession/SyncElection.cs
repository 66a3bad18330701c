using PgHa.Agent.Cluster;
using PgHa.Agent.Leadership;

namespace PgHa.Agent.Succession;

/// <summary>Whether what can be seen proves that no acknowledged write is elsewhere. Pure.</summary>
public static class SyncElection
{
    /// <summary>Why a node may not take the primary's place, by the sync record; null: it may, or nothing stands there.</summary>
    internal static string? Refuse(SuccessionFacts f)
    {
        if (f.SyncUnknown is { } unknown)
            return unknown;
        if (f.Sync is not { } record)
            return f.Own.ManagesSync && f.Holder != f.Node ? $"there is no sync record in etcd yet: only {f.Holder} has everything that was acknowledged" : null;
        return f.Wal is null ? null : Lacking(record, Seen(f));
    }

    /// <summary>What a person can do; null: nothing has to be done.</summary>
    internal static string? WayOut(SuccessionFacts f) => f.SyncUnknown is not null ? "bring etcd back (docs/etcd.md)"
        : f.Sync is { } record && f.Wal is not null ? WayOut(record, Seen(f)) : f.Sync is null ? WayOut(f.Holder!) : null;

    /// <summary>Why these nodes do not prove that nothing is missing; null: they do.</summary>
    /// <param name="record">The sync record.</param>
    /// <param name="seen">The nodes whose WAL is seen, or is here.</param>
    internal static string? Lacking(SyncRecord record, IReadOnlyCollection<string> seen) => record.IsProvenBy(seen) ? null
        : "a write that was acknowledged may be elsewhere: "
            + $"everything is on {record.Holder}{(record.Set.Needed == 0 ? "" : $" and on {record.Set}")}, and of those {string.Join(", ", Missing(record, seen))} cannot be read";

    internal static string WayOut(SyncRecord record, IReadOnlyCollection<string> seen)
    {
        var missing = Missing(record, seen);
        var several = record.Set.Needed > 0 && record.Set.Voters.Length > record.Set.Needed;
        return $"start {string.Join(" or ", missing)}, with its agent, as it is: that is enough{(several ? " as soon as enough of them are there" : "")}; if they are gone for good, {Release(missing)}";
    }

    private static string WayOut(string holder) => $"start {holder}, with its agent, as it is; if it is gone for good, {Release([holder])}";

    /// <summary>The one decision that only a person can take.</summary>
    internal static string Release(IEnumerable<string> nodes) => $"POST v2/cluster/sync/release?nodes={string.Join(',', nodes)} answers for what only they hold: those rows are lost";

    /// <summary>The nodes that may hold what was acknowledged, and are not seen.</summary>
    internal static string[] Missing(SyncRecord record, IReadOnlyCollection<string> seen) => [.. record.Set.Voters.Prepend(record.Holder).Distinct().Where(n => !seen.Contains(n))];

    /// <summary>The nodes whose WAL can be read, and lies on the same line as this one's: the most advanced of them takes the place, or it is fetched from there.</summary>
    internal static string[] Seen(SuccessionFacts f) =>
    [
        .. f.View.Nodes.Where(n => n.Reachable && n.DataProblem is null && f.Wal!.PositionOf(n.Node) is not null
            && (n.Node == f.Node || f.Wal.Of(n.Node).Kinship is WalKinship.Identical or WalKinship.Ahead or WalKinship.Behind)).Select(n => n.Node),
    ];
}
