using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>When the cluster may be handed to manual mode, and back. Pure.</summary>
internal static class ModeRules
{
    /// <summary>Why it cannot be handed to manual mode now, or null. A node that does not answer need not: without the record it does nothing by itself.</summary>
    internal static Refusal? RefuseManual(ClusterView view) => Busy(view);

    /// <summary>Why it cannot go back to automatic mode now, or null: each agent must keep its own server from writing without the record.</summary>
    internal static Refusal? RefuseAutomatic(ClusterView view)
    {
        if (view.Nodes.FirstOrDefault(n => !n.Reachable) is { } away)
            return new(Code.PeerUnreachable, $"the agent of {away.Node} does not answer: {away.Problem}", $"bring it up with failover.mode: automatic, or take {away.Node} out of nodes");
        if (view.Nodes.FirstOrDefault(n => n.Failover is null) is { } manual)
            return new(Code.WrongState, $"the agent of {manual.Node} does not say that it runs in automatic mode",
                $"set failover.mode: automatic on {manual.Node} and restart its agent; if it was just started repeat the call in a moment");
        return view.Nodes.Where(n => n.MayBeWritable).ToArray() is [var first, var second, ..]
            ? new(Code.AnotherWritable, $"{first.Node} and {second.Node} are, or may be, writable", "stop the one that is wrong: DELETE instance/current on it") : Busy(view);
    }

    private static Refusal? Busy(ClusterView view) => view.Nodes.FirstOrDefault(n => n.LockedBy is not null) is { } busy
        ? new(Code.Busy, $"an operation holds {busy.Node} ({busy.LockedBy})", "wait for it, then repeat the call") : null;
}
