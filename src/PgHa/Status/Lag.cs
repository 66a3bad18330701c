using PgHa.Client.Facts;

namespace PgHa.Status;

/// <summary>How far a standby is behind the primary.</summary>
/// <param name="ToReceive">Bytes of WAL that it has not flushed.</param>
/// <param name="ToReplay">Bytes of WAL that it has not replayed.</param>
/// <param name="Seconds">How old what it shows is; null: not known.</param>
internal sealed record Lag(long ToReceive, long ToReplay, double? Seconds)
{
    /// <summary>
    /// As the primary's server sees it, where it streams from there; else from both observations, which are of two moments. Null where there is no primary, or nothing is known.
    /// </summary>
    internal static Lag? Of(NodeStatus standby, ClusterStatus cluster)
    {
        if (standby.Seen is not { Sql: { InRecovery: true } sql } || cluster.Nodes.Where(n => n.Seen.Serves).ToArray() is not [{ Seen.Sql.Flush: { } flush } primary])
            return null;
        var attached = primary.Standbys?.FirstOrDefault(s => s.Name == standby.Seen.Node);
        var toReceive = attached?.ToReceive ?? Between(sql.Position, flush);
        var toReplay = attached?.ToReplay ?? Between(sql.Replay ?? Formats.Lsn.Zero, flush);
        return new(toReceive, toReplay, toReplay == 0 ? 0 : sql.Replay < sql.Receive || attached is null ? standby.ReplayedAgo : attached.ReplayLag);
    }

    private static long Between(Formats.Lsn from, Formats.Lsn to) => to.Value > from.Value ? (long)(to.Value - from.Value) : 0;
}
