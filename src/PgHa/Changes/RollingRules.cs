using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Status;

namespace PgHa.Changes;

/// <summary>One operation of a rolling restart.</summary>
/// <param name="Verb">What is asked for, as in <c>POST cluster/VERB</c>.</param>
/// <param name="Change">Its fields.</param>
/// <param name="Words">In words.</param>
internal sealed record RollingMove(string Verb, ClusterChange Change, string Words)
{
    /// <summary>It can be planned only when the one before it is done.</summary>
    internal bool Later { get; init; }
}

/// <summary>Which operations restart all servers, and in which order. Pure.</summary>
internal static class RollingRules
{
    /// <summary>A standby that misses no more than this is level: the next server may go down.</summary>
    internal const long Level = 1 << 20;

    /// <summary>Standbys one after the other; then the primary, by a switchover to one of them and back, or in place.</summary>
    /// <param name="cluster">The cluster at one look.</param>
    /// <param name="ifPending">Only servers with settings that wait for a restart.</param>
    /// <param name="inPlace">The primary is restarted where it is: its writes are interrupted for as long as that takes.</param>
    /// <returns>Nothing where nothing is to be restarted.</returns>
    internal static Answer<IReadOnlyList<RollingMove>> Moves(ClusterStatus cluster, bool ifPending, bool inPlace)
    {
        if (Refuse(cluster, ifPending) is { } refusal)
            return refusal;
        var primary = cluster.Nodes.Single(n => n.Seen.Serves);
        var standbys = cluster.Nodes.Where(n => n.Seen.State == NodeState.Standby).ToArray();
        var moves = standbys.Where(IsMeant).Select(s => Restart(s.Seen.Node)).ToList();
        if (!IsMeant(primary))
            return moves;
        var name = primary.Seen.Node;
        if (inPlace || standbys.Length == 0)
            moves.Add(Restart(name));
        else
            moves.AddRange([new("switchover", new(), $"switch over from {name}"), new("switchover", new() { Target = name }, $"switch over back to {name}") { Later = true }]);
        return moves;

        bool IsMeant(NodeStatus node) => !ifPending || node.PendingRestart!.Count > 0;
    }

    /// <summary>Why a standby is not level with the primary yet; null: it is.</summary>
    internal static string? Behind(string node, ClusterStatus cluster)
    {
        if (cluster.Nodes.FirstOrDefault(n => n.Seen.Node == node) is not { } status)
            return $"{node} is not listed any more";
        if (status.Seen.Serves)
            return null;
        return status.Seen.State != NodeState.Standby ? $"{node} does not stream yet"
            : Lag.Of(status, cluster) is not { } lag ? $"how far {node} is behind is not known"
            : lag.ToReplay > Level ? $"{node} is {Terminal.Sizes.Bytes(lag.ToReplay)} behind" : null;
    }

    /// <summary>While one server is down nothing else may be: who is missing already has to come back first.</summary>
    private static Refusal? Refuse(ClusterStatus cluster, bool ifPending)
    {
        if (cluster.Nodes.Count(n => n.Seen.Serves) != 1)
            return new(Code.WrongState, "a rolling restart needs one node that accepts writes", "pgha status says what is wrong");
        var missing = cluster.Nodes.Where(n => n.Seen is { Serves: false, State: not NodeState.Standby }).Select(n => n.Seen.Node).ToArray();
        if (missing.Length > 0)
            return new(Code.WrongState, $"{string.Join(" and ", missing)} {(missing.Length == 1 ? "is" : "are")} no streaming standby: another server would go down beside it",
                "pgha status says what to do about it; pgha restart NODE restarts one node");
        return ifPending && cluster.Nodes.FirstOrDefault(n => n.PendingRestart is null) is { } unread
            ? new Refusal(Code.WrongState, $"which settings of {unread.Seen.Node} wait for a restart is not known", "repeat the call; without --if-pending all servers are restarted") : null;
    }

    private static RollingMove Restart(string node) => new("restart", new() { Target = node }, $"restart {node}");
}
