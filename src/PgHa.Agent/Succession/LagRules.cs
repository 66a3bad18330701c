using PgHa.Agent.Cluster;
using PgHa.Agent.Leadership;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Succession;

/// <summary>
/// How much acknowledged WAL nobody holds any more (<c>failover.lag_limit</c>). A primary acknowledges nothing that it has not flushed, so what counts is how far it
/// had flushed when it was seen last, and never where its WAL ended otherwise. Pure.
/// </summary>
internal static class LagRules
{
    /// <summary>
    /// What is known after another look: the furthest flush that this node, or another one, has seen of the last holder. Of an earlier holder nothing is kept, because
    /// the line of the last one may have begun before.
    /// </summary>
    internal static AcknowledgedWal? After(AcknowledgedWal? before, PrimaryRecord? stands, ClusterView view)
    {
        var serves = stands is not null && view.Nodes.FirstOrDefault(n => n.Node == stands.Node) is { Writable: true, Sql: { InRecovery: false, Flush: { } flush } } ? new AcknowledgedWal(stands.Epoch, flush) : null;
        return view.Nodes.Select(n => n.Failover?.Acknowledged).Append(before).Append(serves).OfType<AcknowledgedWal>().OrderBy(a => a.Epoch).ThenBy(a => a.End.Value).LastOrDefault();
    }

    /// <summary>How many acknowledged bytes no node holds that can be seen and is on the proven line; null: that is not known.</summary>
    internal static ulong? Lacking(SuccessionFacts f)
    {
        if (f.Wal is not { } wal || f.Acknowledged is not { } acknowledged || acknowledged.Epoch != f.Stands?.Epoch)
            return null;
        var most = f.View.Nodes.Where(n => n.Reachable && SuccessionRules.IsOnLine(f, n.Node)).Select(n => wal.PositionOf(n.Node)?.End ?? Lsn.Zero).Aggregate(Lsn.Zero, Lsn.Max);
        return most < acknowledged.End ? acknowledged.End - most : 0;
    }

    /// <summary>Why nobody is promoted by itself, and the call by which a person can; null: not too much is lacking.</summary>
    internal static (string Why, string Hint)? Refuse(SuccessionFacts f)
    {
        if (f.LagLimit is not { } limit || Lacking(f) is not { } lacking || lacking <= limit)
            return null;
        var best = SuccessionRules.Candidates(f).FirstOrDefault() ?? f.Node;
        return ($"{lacking} bytes of WAL that {f.Holder} had flushed, up to {f.Acknowledged!.End}, are on no node that can be seen, and failover.lag_limit is {limit}",
            $"bring {f.Holder} back; or, if its data are gone, a person gives those commits up: POST instance/failover/promote?force=true on {best}");
    }
}
