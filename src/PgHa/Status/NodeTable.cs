using PgHa.Client.Facts;
using PgHa.Terminal;

namespace PgHa.Status;

/// <summary>The nodes, one a line.</summary>
internal static class NodeTable
{
    internal static Grid Of(ClusterStatus status)
    {
        var grid = new Grid(new("node"), new("role"), new("state"), new("tl", Right: true, Rank: 1), new("lsn", Rank: 2), new("to receive", Right: true, Rank: 3), new("to replay", Right: true, Rank: 1),
            new("behind", Right: true, Rank: 1), new("sync", Rank: 2), new("restart", Rank: 4), new("agent", Rank: 5));
        foreach (var node in status.Nodes)
        {
            var (seen, lag) = (node.Seen, Lag.Of(node, status));
            grid.Add(seen.Node, Role(seen), State(seen), Timeline(seen), (seen.Sql?.Position ?? seen.Control?.CheckPoint)?.ToString(),
                lag is null ? "" : Sizes.Bytes(lag.ToReceive), lag is null ? "" : Sizes.Bytes(lag.ToReplay),
                lag is null ? "" : lag.Seconds is { } seconds ? Sizes.Time(seconds) : "?", Sync(seen, status), node.PendingRestart is { Count: > 0 } ? "pending" : "", node.Version ?? (seen.Reachable ? "older" : ""));
        }
        return grid;
    }

    /// <summary>The role it has now. What a stopped node was, and what becomes of one that is not seen, is not told.</summary>
    internal static Cell Role(NodeObservation seen) =>
        seen.Serves ? new("primary", Colour.Bold)
        : seen.State == NodeState.Unknown ? new("unknown", Colour.Red)
        : seen.Writable ? new("may write", Colour.Yellow)
        : seen.InRecovery ? new("standby") : new("-");

    private static Cell State(NodeObservation seen) => seen switch
    {
        { Reachable: false } => new("not seen", Colour.Red),
        { Promoting: true } => new("becomes primary", Colour.Yellow),
        { State: NodeState.Unknown } => new(seen.Server.Words(), Colour.Red),
        { State: NodeState.Stopped } => new("stopped", Colour.Yellow),
        { State: NodeState.Recovering, Server: ServerStatus.Starting } => new("starting", Colour.Yellow),
        { State: NodeState.Recovering } => new("not streaming", Colour.Yellow),
        { State: NodeState.Standby } => new(seen.ReplayProblem is null ? "streaming" : "replays nothing", seen.ReplayProblem is null ? Colour.None : Colour.Yellow),
        _ => new("running"),
    };

    private static string Timeline(NodeObservation seen) => (seen.Sql?.Timeline ?? seen.Control?.Timeline)?.ToString() ?? "";

    private static string? Sync(NodeObservation seen, ClusterStatus status) =>
        seen.Reachable ? status.Nodes.Where(n => n.Seen.Serves).SelectMany(n => n.Standbys ?? []).FirstOrDefault(s => s.Name == seen.Node)?.Sync : null;
}
