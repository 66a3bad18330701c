using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>
/// Which nodes are demoted before another becomes writable. A server is not only started by pgha: a supervisor, a systemd unit or a boot may
/// start the old primary at any moment, and only a <c>standby.signal</c> that lies there before makes that harmless (fact 43). Pure.
/// </summary>
public static class DemotionRules
{
    /// <summary>The stopped nodes that a start would make a second primary.</summary>
    /// <param name="candidate">The node that is to become writable.</param>
    /// <param name="view">All nodes.</param>
    public static IReadOnlyList<string> Others(string candidate, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return [.. view.Except(candidate).Where(n => n is { Reachable: true, Down: true, DataProblem: null, StandbySignal: false }).Select(n => n.Node)];
    }

    /// <summary>They are demoted at the same time; no stage where there is none.</summary>
    internal static IReadOnlyList<IReadOnlyList<Step>> Stage(IReadOnlyList<string> nodes, ChangeRequest request) =>
        nodes.Count == 0 ? [] : [[.. nodes.Select(n => Of(n, request))]];

    /// <summary>What undoes a plan before anything became writable: those that it demoted are reinstated.</summary>
    internal static ChangeRequest? Undo(string candidate, IReadOnlyList<string> demoted, StartNode? start) =>
        demoted.Count == 0 ? start : new UndoDemotion(candidate, demoted, Starts: start is not null);

    /// <summary>An undo does not end at a disk that cannot be written: serving again comes first.</summary>
    private static Demote Of(string node, ChangeRequest request) => new(node, request.Force || request.IsUndo);

    /// <summary>A running primary whose next start would be in recovery: a switchover that did not happen left that behind.</summary>
    internal static Plan Reinstated(Plan plan, NodeObservation primary) => primary is not { StandbySignal: true, Sql.InRecovery: false } ? plan : plan with
    {
        Stages = [[new Reinstate(primary.Node, [])], .. plan.Stages],
        Evidence = [.. plan.Evidence, $"{primary.Node} has standby.signal: its next start would be in recovery"],
    };

    /// <summary>The plan of the undo: those that are still down and have their mark lose it, as long as no node is writable.</summary>
    public static Decision For(UndoDemotion request, ClusterView view, WalView wal)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(view);
        var target = view[request.Called];
        string[] back = view.Nodes.Any(n => n.Node == target.Node ? n.Writable : n.MayBeWritable && !request.Answered.Contains(n.Node)) ? []
            : [.. request.Demoted.Where(n => view[n] is { Reachable: true, Down: true, StandbySignal: true, DataProblem: null })];
        var start = request.Starts && target is { Down: true, StandbySignal: true } ? StartPlan.ForNode(new StartNode(target.Node), view, wal) : new Plan(request.Words);
        return start is not Plan plan ? start : plan with
        {
            Goal = request.Words,
            Stages = [.. back.Length == 0 ? Array.Empty<IReadOnlyList<Step>>() : [[.. back.Select(n => new Reinstate(n, request.Answered))]], .. plan.Stages],
            Evidence = [.. plan.Evidence, .. request.Demoted.Except(back).Select(n => $"{n} is left as it is: it is not stopped any more, or another node may be writable")],
        };
    }
}
