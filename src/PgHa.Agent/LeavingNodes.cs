using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;
using PgHa.Client.Operations;

namespace PgHa.Agent;

/// <summary>Nodes that a new configuration leaves out: not the primary. It would go on accepting writes, and the agents would not look at it any more.</summary>
internal sealed class LeavingNodes(AgentOptions options, ClusterObserver cluster, Func<Tenure?> tenure)
{
    /// <summary>Why the agent keeps the configuration that it has; null: it need not.</summary>
    internal async Task<Refusal?> RefuseAsync(AgentOptions next, CancellationToken cancel)
    {
        string[] leaving = [.. options.Nodes.Select(n => n.Name).Except(next.Nodes.Select(n => n.Name), StringComparer.Ordinal)];
        return leaving.Length == 0 ? null
            : Refuse(leaving, await cluster.ObserveAsync(fresh: true, cancel), tenure() is { } record ? await record.LookAsync(cancel) : null);
    }

    /// <summary>Pure.</summary>
    /// <param name="leaving">Nodes that are left out.</param>
    /// <param name="view">All nodes as they are seen now.</param>
    /// <param name="answer">What etcd says of the record; null: people decide.</param>
    internal static Refusal? Refuse(IReadOnlyCollection<string> leaving, ClusterView view, RecordAnswer? answer)
    {
        if (leaving.FirstOrDefault(node => view[node].Serves) is { } primary)
            return new(Code.WrongState, $"{primary} accepts writes, and is left out of nodes: nobody would look at it any more", "move the primary first: pgha switchover, then pgha stop on that node");
        if (leaving.FirstOrDefault(node => view[node] is { Reachable: true, MayBeWritable: true }) is { } unclear)
            return new(Code.WrongState, $"{unclear} may accept writes ({view[unclear].Problem ?? "its server starts, or changes its role"}), and is left out of nodes", $"stop it first: pgha stop {unclear}");
        if (answer is RecordAnswer.Stands { Record: { Released: false, Manual: false } record } && leaving.Contains(record.Node))
            return new(Code.WrongState, $"{record.Node} holds the record in etcd (epoch {record.Epoch}), and is left out of nodes",
                $"move the primary first: pgha switchover; if {record.Node} is gone another node takes the record (pgha explain says when), and then this is repeated");
        return answer is RecordAnswer.Outage or RecordAnswer.Unreadable && leaving.FirstOrDefault(node => !view[node].Reachable) is { } away
            ? new(Code.PeerUnreachable, $"{away} is left out of nodes and cannot be asked, and etcd does not say whether it holds the record", $"bring etcd back; or, if {away} is powered off, restart this agent")
            : null;
    }
}
