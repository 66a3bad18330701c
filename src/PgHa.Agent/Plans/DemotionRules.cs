using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

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
    internal static IReadOnlyList<IReadOnlyList<Step>> Stage(IReadOnlyList<string> nodes, Mandate mandate) =>
        nodes.Count == 0 ? [] : [[.. nodes.Select(n => Of(n, mandate))]];

    /// <summary>What undoes a plan before anything became writable: those that it demoted are reinstated.</summary>
    internal static ChangeRequest? Undo(string candidate, IReadOnlyList<string> demoted, StartNode? start, string? upstream = null) =>
        demoted.Count == 0 && upstream is null ? start : new UndoDemotion(candidate, demoted, Starts: start is not null, upstream);

    /// <summary>An undo does not end at a disk that cannot be written: serving again comes first.</summary>
    private static Demote Of(string node, Mandate mandate) => new(node, mandate.Force || mandate.IsUndo);

    /// <summary>A running primary whose next start would be in recovery: a switchover that did not happen left that behind.</summary>
    internal static Draft Reinstated(Draft draft, NodeObservation primary) => primary is not { StandbySignal: true, Sql.InRecovery: false } ? draft : draft with
    {
        Stages = [[new Reinstate(primary.Node, [])], .. draft.Stages],
        Evidence = [.. draft.Evidence, new RunsDemoted(primary.Node)],
    };

    /// <summary>The plan of the undo: those that are still down and have their mark lose it, as long as no node is writable.</summary>
    public static Answer<Draft> For(UndoDemotion request, Mandate mandate, PlanFacts facts)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(mandate);
        ArgumentNullException.ThrowIfNull(facts);
        var view = facts.View;
        var target = view[request.Called];
        string[] back = view.Nodes.Any(n => n.Node == target.Node ? n.Writable : n.MayBeWritable && !mandate.AssuredBefore.AnswerFor(n.Node)) ? []
            : [.. view.Nodes.Where(n => request.Demoted.Contains(n.Node) && n is { Reachable: true, Down: true, StandbySignal: true, DataProblem: null }).Select(n => n.Node)];
        var started = request.Starts && target is { Down: true, StandbySignal: true } ? StartPlan.InRecovery(request, target, Mandate.None, facts) : new Draft(request.Words);
        return started.Value is not { } start ? started : start with
        {
            Stages =
            [
                .. back.Length == 0 ? Array.Empty<IReadOnlyList<Step>>() : [[.. back.Select(n => new Reinstate(n, mandate.Answered))]],
                .. ReceiverRules.PointBack(target.Node, request.Upstream, view),
                .. start.Stages,
            ],
            Evidence = [.. start.Evidence, .. request.Demoted.Except(back).Select(n => new StaysDemoted(n))],
        };
    }
}
