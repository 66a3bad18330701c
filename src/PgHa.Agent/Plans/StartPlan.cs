using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Starting the called node: as it is, or as primary.</summary>
public static class StartPlan
{
    /// <summary>Any state in which the server runs as primary.</summary>
    internal static readonly NodeState[] AsPrimary = [NodeState.PrimaryAlone, NodeState.Primary];

    /// <summary>Start the node as its <c>standby.signal</c> says.</summary>
    public static Decision ForNode(StartNode request, ClusterView view, WalView wal)
    {
        var node = view[request.Called];
        if (node is { State: NodeState.Unknown, Ending: false })
            return Unknown(node);
        if (!node.Down)
            return node.Writable ? DemotionRules.Reinstated(new Plan(request.Words) { Evidence = [$"{node.Node} runs"] }, node) : new Plan(request.Words) { Evidence = [$"{node.Node} runs"] };
        if (!node.StandbySignal)
            return BecomePrimary(request, view, wal);
        return view.Primary is not null ? StandbyPlan.Join(request, node, view, wal) : new Plan(request.Words)
        {
            Stages = [[new StartInRecovery(node.Node)]],
            Evidence = [$"{node.Node} has standby.signal and no primary runs: it starts in recovery and waits"],
            Outcomes = [new(node.Node, [NodeState.Recovering, NodeState.Standby])],
        };
    }

    /// <summary>Start the node as primary.</summary>
    public static Decision ForPrimary(StartPrimary request, ClusterView view, WalView wal)
    {
        var node = view[request.Called];
        if (node.Writable && node.State != NodeState.Unknown)
            return DemotionRules.Reinstated(new Plan(request.Words) { Evidence = [$"{node.Node} is writable"], Outcomes = [new(node.Node, AsPrimary)] }, node);
        if (node.InRecovery && request.Resumed)
            return StartAllPlan.FirstPrimary(request, view, wal);
        if (node.InRecovery)
            return Decision.Refuse(Code.RunningStandby, $"{node.Node} runs as a standby",
                $"stop it first (DELETE instance/current on {node.Node}), or use failover or switchover to make it primary");
        return node is { State: NodeState.Unknown, Ending: false } ? Unknown(node) : BecomePrimary(request, view, wal);
    }

    /// <summary>A stopped node becomes primary: what it takes, and in which steps. Standbys that run and wait follow it.</summary>
    internal static Decision BecomePrimary(ChangeRequest request, ClusterView view, WalView wal)
    {
        var node = request.Called;
        if (wal.ProblemOf(node) is { } problem)
            return new Refused(problem);
        var accepted = Accepted(request, view.Except(node).Union(WritableRules.Outside(view)));
        var verdict = WritableRules.Judge(node, view, wal, accepted, primaryKnown: request.BringsBack);
        if (verdict.Refusal is { } refusal)
            return new Refused(refusal);
        IReadOnlyList<Step> waiting = request is StartAll ? [] : [.. StandbyPlan.Waiting(node, view, wal).Select(n => new Follow(n.Node, node))];
        var sync = SyncRules.For(node, view, [.. request is StartAll ? StartAllPlan.Others(node, view).Select(n => n.Node).Except(verdict.Answered) : waiting.Select(w => w.Node)]);
        var demoted = DemotionRules.Others(node, view);
        return new Plan(request.Words)
        {
            Stages = [.. DemotionRules.Stage(demoted, request), .. sync.Stage, .. Completion.Stages(node, verdict.Source, wal), [new StartAsPrimary(node, verdict.Answered)], .. waiting.Count > 0 ? [waiting] : Array.Empty<IReadOnlyList<Step>>()],
            Evidence = [.. verdict.Evidence, .. sync.Evidence, .. BringRules.Evidence(waiting.Select(w => w.Node), node, wal, promoted: false)],
            Overrides = verdict.Overrides,
            Answered = verdict.Answered,
            Continuation = request is StartNode ? new StartPrimary(node) : null,
            Undo = DemotionRules.Undo(node, demoted, start: null),
            Outcomes = WithFollowers(node, [.. waiting.Select(w => w.Node)], wal, promoted: false),
        };
    }

    /// <summary>A new primary, and the nodes that are pointed at it.</summary>
    internal static Outcome[] WithFollowers(string primary, IReadOnlyList<string> others, WalView wal, bool promoted)
    {
        Outcome[] following = [.. others.Select(n => BringRules.Outcome(n, primary, wal, promoted))];
        return [new(primary, following.Any(o => o.Certain) ? [NodeState.Primary] : AsPrimary), .. following];
    }

    /// <summary>
    /// Which nodes an operator's force may answer for. Who undoes brings back the primary that ran when the operation began: data that
    /// cannot be read elsewhere holds nothing newer.
    /// </summary>
    internal static string[] Accepted(ChangeRequest request, IEnumerable<NodeObservation> nodes) =>
    [
        .. nodes.Where(n => request.Force || request.Answered.Contains(n.Node)
            || (request.IsUndo && n is { State: NodeState.Stopped, DataProblem: not null })).Select(n => n.Node),
    ];

    /// <summary>A server that runs and does not answer can be neither started nor judged.</summary>
    internal static Decision Unknown(NodeObservation node) => Decision.Refuse(
        node.Reachable ? Code.WrongState : Code.PeerUnreachable,
        $"{node.Node} is unknown: {node.Problem ?? "its server does not answer"}",
        !node.Reachable ? "bring its agent back"
            : node.Server == ServerStatus.Unseen ? $"do what it says; DELETE instance/current on {node.Node} stops a server that is known"
            : $"look at its server log; DELETE instance/current on {node.Node} stops it");
}
