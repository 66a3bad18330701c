using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>
/// All agents must describe the cluster alike: its name, its nodes, their addresses. Two sets of nodes that do not know each other could
/// each make a primary. While agents disagree, only reads and stops are allowed. Pure.
/// </summary>
public static class AgreementRules
{
    private const string Hint =
        "make `cluster` and `nodes` the same in the pgha.yml of all nodes, then pgha reload-config (docs/nodes.md); reads and DELETE work meanwhile";

    /// <summary>Why a request must wait until all agents agree, or null.</summary>
    public static Refusal? Refuse(MandatedRequest asked, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(asked);
        return asked.Mandate.BringsBack ? Refuse(view, asked.Request.Acting) : asked.Regardless ? null : Refuse(view);
    }

    /// <summary>Why nothing may begin, or null where all agents that can be reached agree.</summary>
    /// <param name="view">All nodes.</param>
    /// <param name="broughtBack">
    /// The node that served before an operation and is to serve again, or null. Agents that disagree do not matter if each of them lists that
    /// node: whatever set of nodes they believe in, they must ask its agent before they act, and see there that it disagrees.
    /// </param>
    public static Refusal? Refuse(ClusterView view, string? broughtBack = null)
    {
        ArgumentNullException.ThrowIfNull(view);
        var agents = view.Nodes.Where(n => n.Reachable).ToArray();
        if (agents.FirstOrDefault(n => n.AnswersAs is not null) is { } mistaken)
            return new(Code.WrongState, $"the agents disagree about the cluster: the agent at the address of {mistaken.Node} says that it is {mistaken.AnswersAs}",
                $"correct `node` or `nodes` in the pgha.yml of {mistaken.Node}, then restart its agent; reads and DELETE work meanwhile");
        if (agents.Select(n => n.Identity?.Digest).Distinct().Count() < 2 || (broughtBack is not null && AllList(view[broughtBack], agents)))
            return null;
        return Disagree([.. agents.Select(n => (n.Node, n.Identity))]);
    }

    /// <summary>Why a node refuses its lock to an operation, or null.</summary>
    public static Refusal? RefuseLock(string node, ClusterIdentity own, OperationLock wanted)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(wanted);
        if (!wanted.Regardless && wanted.Identity?.Digest != own.Digest)
            return Disagree([(node, own), (wanted.Owner, wanted.Identity)]);
        return wanted.Operation.Length > 0 && (wanted.Regardless || own.Nodes.Any(n => n.Name == wanted.Owner)) ? null
            : new(Code.Invalid, $"{node} gives its lock to an operation of an agent that it knows, not to {(wanted.Operation.Length == 0 ? "one without a name" : wanted.Owner)}", "agents take locks by themselves");
    }

    /// <summary>Why a node refuses a step, or null. Stops are always carried out; so is what belongs to an operation that got the lock regardless.</summary>
    public static Refusal? RefuseStep(string node, ClusterIdentity own, Step step, string? digest, OperationLock? holder)
    {
        ArgumentNullException.ThrowIfNull(own);
        return step is StopServer || holder is { Regardless: true } || digest == own.Digest ? null : new(Code.WrongState,
            $"the agents disagree about the cluster: {node} refuses a step of an agent whose `cluster` or `nodes` differ from its own", Hint);
    }

    /// <summary>In which facts these differ, or null where they do not.</summary>
    public static Refusal? Disagree(IReadOnlyList<(string Node, ClusterIdentity? Identity)> agents)
    {
        ArgumentNullException.ThrowIfNull(agents);
        var silent = agents.Where(a => a.Identity is null).Select(a => $"{a.Node} does not say which nodes it knows (an older version of pgha)");
        var speaking = agents.Where(a => a.Identity is not null).ToArray();
        var differences = speaking.SelectMany(a => a.Identity!.Facts()).Distinct()
            .Select(fact => (Fact: fact, By: speaking.Where(a => a.Identity!.Facts().Contains(fact)).Select(a => a.Node).ToArray()))
            .Where(f => f.By.Length < speaking.Length)
            .Select(f => $"only {string.Join(", ", f.By)} {(f.By.Length == 1 ? "lists" : "list")} {f.Fact}");
        string[] all = [.. differences, .. silent];
        return all.Length == 0 ? null : new(Code.WrongState, $"the agents disagree about the cluster: {string.Join("; ", all)}", Hint);
    }

    private static bool AllList(NodeObservation node, NodeObservation[] agents) =>
        node.Identity?.Nodes.FirstOrDefault(m => m.Name == node.Node) is { } member && agents.All(a => a.Identity?.Nodes.Contains(member) == true);
}
