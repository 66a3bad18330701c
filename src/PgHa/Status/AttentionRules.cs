using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Terminal;

namespace PgHa.Status;

/// <summary>What of a cluster needs a person: a pure function over what is seen, the gravest first.</summary>
internal static class AttentionRules
{
    private const long MuchWal = 1L << 30, FarBehind = 64L << 20;

    internal static IReadOnlyList<Attention> Judge(ClusterStatus status) =>
    [
        .. new[] { Writers(status), Agreement(status) }.OfType<Attention>(),
        .. status.Nodes.SelectMany(n => OfNode(n, status)),
        .. Operations(status),
        .. new[] { Versions(status), Rules(status) }.OfType<Attention>(),
    ];

    private static Attention? Writers(ClusterStatus status)
    {
        var serving = status.Nodes.Where(n => n.Seen.Serves).Select(n => n.Seen.Node).ToArray();
        if (serving.Length == 1)
            return null;
        if (serving.Length > 1)
            return new($"ALARM: {string.Join(" and ", serving)} accept writes at the same time", $"stop the wrong one at once: {string.Join(" or ", serving.Select(n => $"pgha stop {n}"))}") { IsGrave = true };
        var unknown = status.Nodes.Where(n => n.Seen.State == NodeState.Unknown).Select(n => n.Seen.Node).ToArray();
        var way = status.Explain is not null ? "pgha explain says what automatic failover waits for"
            : status.Nodes.Any(n => n.Seen.InRecovery) ? "pgha failover STANDBY --dry-run says what a failover would do; pgha start NODE brings the old primary back"
            : "pgha start --all --dry-run says what starting all nodes would do";
        return new(unknown.Length == 0 ? "no node accepts writes" : $"no node is seen that accepts writes, and {string.Join(", ", unknown)} cannot be seen", way) { IsGrave = true };
    }

    private static Attention? Agreement(ClusterStatus status) =>
        status.Nodes.Select(n => n.Seen.Identity?.Digest).OfType<string>().Distinct().Skip(1).Any()
            ? new("the agents disagree about the cluster: their pgha.yml list other names, nodes or addresses", "pgha config check --peers on each node names the difference (docs/nodes.md)") { IsGrave = true } : null;

    private static IEnumerable<Attention> OfNode(NodeStatus status, ClusterStatus cluster)
    {
        var seen = status.Seen;
        var name = seen.Node;
        if (Standing(seen, cluster) is { } standing)
            yield return standing;
        if (seen.AnswersAs is { } other)
            yield return new($"{name}: the agent at its address calls itself {other}", "correct `nodes` or `node` in pgha.yml, then restart that agent") { IsGrave = true };
        if (seen.DataProblem is { } data && seen.Place is null)
            yield return new($"{name}: {data}", seen.RewindUnfinished ? $"pgha rejoin {name} --by reclone" : "look at its disk");
        if (seen.ReplayProblem is { } replay)
            yield return new($"{name}: {replay}", seen.Sql!.Held!.ForGood ? $"raise what it lacks there, then pgha restart {name}" : $"SELECT pg_wal_replay_resume() on {name}");
        if (seen.SlotProblem is { } slot)
            yield return new($"{name}: {slot}", $"pgha slots {name} shows its slots");
        if (seen.UpstreamOutside is { } outside)
            yield return new($"{name} streams from {outside}, which is none of the nodes", $"pgha rejoin {name}, once it is clear who is primary there") { IsGrave = true };
        if (seen.ServerOwner is { } owner)
            yield return new($"{name}: its server belongs to {owner.Words}, which may start or stop it", owner.WayOut);
        if (seen.Failover?.RecordProblem is { } record)
            yield return new($"{name}: {record}", "pgha record recreate (docs/failover.md)") { IsGrave = true };
        if (status.PendingRestart is { Count: > 0 } pending)
            yield return new($"{name}: {string.Join(", ", pending)} {(pending.Count == 1 ? "waits" : "wait")} for a restart", $"pgha restart {name}");
        foreach (var lost in (status.Slots ?? []).Where(s => s.Lost))
            yield return new($"{name}: slot {lost.Name} has lost its WAL", cluster.Nodes.FirstOrDefault(n => SlotName.Of(n.Seen.Node) == lost.Name) is { } kept
                ? $"pgha rejoin {kept.Seen.Node}, unless it streams" : "its consumer has to begin anew; then drop the slot");
        foreach (var full in (status.Slots ?? []).Where(s => s is { Lost: false, Active: false, HoldsBytes: > MuchWal }))
            yield return new($"{name}: slot {full.Name} holds back {Sizes.Bytes(full.HoldsBytes!.Value)} of WAL, and nobody uses it", full.IsOurs ? "bring that node back" : "bring its consumer back, or drop it");
        if (Lag.Of(status, cluster) is { ToReceive: > FarBehind } lag && seen.Sql?.Streaming == true)
            yield return new($"{name} has not received {Sizes.Bytes(lag.ToReceive)} of the primary's WAL", "look at the network and the disk between them");
    }

    /// <summary>A node that does not serve as it should.</summary>
    private static Attention? Standing(NodeObservation seen, ClusterStatus cluster)
    {
        var name = seen.Node;
        var served = cluster.Nodes.Any(n => n.Seen.Serves);
        return seen.State switch
        {
            _ when !seen.Reachable && cluster.Nodes.FirstOrDefault(n => n.Seen.Serves && n.Standbys?.Any(s => s.Name == name) == true) is { } primary =>
                new($"{name}: {seen.Problem}", $"look at its agent there (systemctl status pgha); its server is attached to {primary.Seen.Node}"),
            _ when !seen.Reachable => new($"{name}: {seen.Problem}", "look at its machine, and at its agent there (systemctl status pgha); nothing is known of its server"),
            NodeState.Unknown => new($"{name}: {seen.Problem ?? "its server does not answer"}", $"look at its server's log; pgha stop {name} ends the server"),
            NodeState.Stopped when seen.Returning is { } waits => new($"{name} is to be started again by its agent: {waits}", "wait, or see to what it waits for"),
            NodeState.Stopped when seen.Place is not null => new($"{name} holds no data", $"pgha clone {name}"),
            NodeState.Stopped when served => new($"{name} is stopped", seen.StandbySignal ? $"pgha start {name}" : $"pgha rejoin {name}"),
            NodeState.Stopped => new($"{name} is stopped", $"pgha start {name}"),
            _ when seen.LacksSignal => new($"{name} is in recovery, and standby.signal is not there: its next start would make it primary",
                served ? "create an empty standby.signal in its data directory" : $"pgha stop {name}, then pgha start {name} --as-primary; a point-in-time recovery ends by itself"),
            NodeState.Recovering when served && seen is { Server: ServerStatus.Running, Promoting: false } => new($"{name} is in recovery and does not stream", $"pgha rejoin {name}"),
            _ => null,
        };
    }

    private static IEnumerable<Attention> Operations(ClusterStatus status)
    {
        foreach (var operation in status.Nodes.SelectMany(n => n.Operations))
            if (operation.Recovery is { } recovery)
                yield return new($"operation {operation.Id} ({operation.Goal}) was interrupted: {recovery}", $"pgha operations {operation.Id} shows how far it came");
            else if (operation.State == OperationState.Waiting)
                yield return new($"operation {operation.Id} ({operation.Goal}) waits to be told to go on", $"pgha operations {operation.Id} --continue, or --abandon");
    }

    private static Attention? Versions(ClusterStatus status)
    {
        var versions = status.Nodes.Where(n => n.Seen.Reachable).GroupBy(n => n.Version ?? "older").ToArray();
        return versions.Length < 2 ? null
            : new($"the agents have different versions: {string.Join("; ", versions.Select(v => $"{v.Key} on {string.Join(", ", v.Select(n => n.Seen.Node))}"))}", "bring all to the newest one, and restart them");
    }

    private static Attention? Rules(ClusterStatus status) => status.Explain is { } explain
        ? explain.Hint is { } hint ? new($"{explain.Node}: {explain.Trouble ?? explain.Sync ?? explain.Reason}", hint)
            : explain.Trouble is { } trouble ? new($"{explain.Node}: {trouble}", "pgha explain says more") : null
        : status.ExplainProblem is { } problem ? new($"{status.Asked}: {problem}", "repeat the command in a moment") : null;
}
