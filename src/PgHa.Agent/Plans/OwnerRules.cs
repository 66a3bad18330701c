using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Whether servers may be stopped.</summary>
/// <param name="Refusal">Why not, or null.</param>
/// <param name="Overrides">What force answers for.</param>
internal sealed record OwnerVerdict(Refusal? Refusal, IReadOnlyList<string> Overrides);

/// <summary>
/// A running server that somebody else owns is not stopped without force: its owner would start it again, or stop what pgha starts there
/// (fact 43). With force it is named; the demotion before the stop keeps it from becoming a second primary. Pure.
/// </summary>
public static class OwnerRules
{
    /// <summary>Whether the servers that are stopped are nobody's; force answers for those that are not, by name.</summary>
    internal static OwnerVerdict Judge(IReadOnlyList<IReadOnlyList<Step>> stages, Mandate mandate, ClusterView view)
    {
        if (mandate.IsUndo || mandate.Resumed) // what was begun is finished: the question was answered when it began
            return new(null, []);
        var owned = stages.SelectMany(s => s).Where(Stops).Select(s => view[s.Node]).Where(n => n.ServerOwner is not null).Distinct().ToArray();
        return owned.Length == 0 || mandate.Force ? new(null, [.. owned.Select(n => $"{Message(n)}: it may start it again")]) : new(Why(owned[0]), []);
    }

    /// <summary>Why a step called by hand is not carried out, or null.</summary>
    public static Refusal? Refuse(Step step, NodeObservation node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Stops(step) && node.ServerOwner is not null ? Why(node) : null;
    }

    /// <summary>What is wrong with a node whose server has an owner, in words; null where it has none.</summary>
    public static string? Problem(NodeObservation node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.ServerOwner is null ? null : Message(node);
    }

    /// <summary>What to do about it.</summary>
    public static string WayOut(ServerOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        return $"{owner.WayOut}; then POST instance/current on its node starts it through the agent";
    }

    private static bool Stops(Step step) => step is StopServer or HandOver;

    private static string Message(NodeObservation node) => $"the server of {node.Node} belongs to {node.ServerOwner!.Words}";

    private static Refusal Why(NodeObservation node) => new(Code.WrongState, $"{Message(node)}, which may start it again when pgha stops it, or stop what pgha starts",
        $"on the machine of {node.Node}: {WayOut(node.ServerOwner!)}; or take it on with force=true");
}
