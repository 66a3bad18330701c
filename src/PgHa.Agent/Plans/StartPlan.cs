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
    public static Answer<Draft> ForNode(StartNode request, Mandate mandate, PlanFacts facts)
    {
        var node = facts.View[request.Called];
        if (node is { State: NodeState.Unknown, Ending: false })
            return Unknown(node);
        if (!node.Down)
            return Runs(new Draft(request.Words) { Evidence = [new RunsAlready(node.Node)] }, node);
        return node.StandbySignal ? InRecovery(request, node, mandate, facts) : BecomePrimary(request, mandate, facts);
    }

    /// <summary>A stopped node that has standby.signal follows the primary, or waits for one.</summary>
    internal static Answer<Draft> InRecovery(ChangeRequest request, NodeObservation node, Mandate mandate, PlanFacts facts) =>
        facts.View.Primary is not null ? StandbyPlan.Join(request, node, mandate, facts) : new Draft(request.Words)
        {
            Stages = [[new StartInRecovery(node.Node)]],
            Evidence = [new WillWait(node.Node)],
            Outcomes = [new(node.Node, [NodeState.Recovering, NodeState.Standby])],
        };

    private static Draft Runs(Draft nothing, NodeObservation node) => node.Writable ? DemotionRules.Reinstated(nothing, node) : nothing;

    /// <summary>Start the node as primary.</summary>
    public static Answer<Draft> ForPrimary(StartPrimary request, Mandate mandate, PlanFacts facts)
    {
        var view = facts.View;
        var node = view[request.Called];
        if (node.Writable && node.State != NodeState.Unknown)
            return DemotionRules.Reinstated(new Draft(request.Words) { Evidence = [new IsWritable(node.Node)], Outcomes = [new(node.Node, AsPrimary)] }, node);
        if (node.InRecovery && !mandate.Resumed)
            return new Refusal(Code.RunningStandby, $"{node.Node} runs as a standby", view.Nodes.FirstOrDefault(n => n.Writable) is { } primary
                ? $"POST instance/switchover/masterSlave?to={node.Node} on {primary.Node} exchanges the roles"
                : $"POST instance/failover/promote on {node.Node} makes it primary as it runs; or stop it first: DELETE instance/current on {node.Node}");
        return node is { State: NodeState.Unknown, Ending: false } ? Unknown(node) : BecomePrimary(request, mandate, facts);
    }

    /// <summary>
    /// A node becomes primary: what it takes, and in which steps. Standbys that run and wait follow it. One that runs in recovery is stopped
    /// first; or promoted where it runs, if its owner would start it again at once and it misses nothing. In automatic mode one that replays WAL of another primary is
    /// promoted, too: on the same timeline that primary may hold more, and cannot be asked. So is one on an older timeline than the newest that was reserved.
    /// </summary>
    internal static Answer<Draft> BecomePrimary(ChangeRequest request, Mandate mandate, PlanFacts facts)
    {
        var (view, wal) = facts;
        var node = request.Called;
        if (wal.ProblemOf(node) is { } problem)
            return problem;
        var assured = mandate.Assure(view.Except(node).Union(WritableRules.Outside(view)));
        var verdict = WritableRules.Judge(node, view, wal, assured, primaryKnown: mandate.BringsBack);
        if (verdict.Refusal is { } refusal)
            return refusal;
        var accepted = verdict.Answered.Names();
        string[] standbys = [.. StandbyPlan.Waiting(node, view, wal).Select(n => n.Node).Except(mandate.LeftAlone)];
        string[] waiting = request is StartAll ? [] : standbys;
        var cut = ReceiverRules.Cut(node, standbys, mandate, verdict.Answered, view);
        var sync = SyncRules.For(node, view, [.. request is StartAll ? StartAllPlan.Others(node, view).Select(n => n.Node).Except(accepted) : waiting]);
        var demoted = DemotionRules.Others(node, view);
        var completion = Completion.Stages(node, verdict.Source, wal);
        var inPlace = view[node] is { InRecovery: true, ServerOwner: not null } && completion.Count == 0;
        var promotes = inPlace || (mandate.Record is not null && ((accepted.Length > 0 && completion.Any(stage => stage.Any(step => step is ReplayWal))) || MayHaveSuccessor(view[node], wal)));
        var slots = SlotPlan.For(node, new(Down: !inPlace, Completed: verdict.Source is not null), mandate, facts);
        IReadOnlyList<IReadOnlyList<Step>> become = inPlace
            ? [.. Stages.LevelSlots(slots), [new PromoteServer(node, accepted)]]
            : promotes ? [.. completion, .. Stages.PlaceSlots(slots), [new StartInRecovery(node)], [new PromoteServer(node, accepted)]]
            : [.. completion, .. Stages.PlaceSlots(slots), [new StartAsPrimary(node, accepted)]];
        return new Draft(request.Words)
        {
            Stages =
            [
                .. Stages.CopySlots(slots),
                .. inPlace ? [] : Stages.Stop(view[node]),
                .. DemotionRules.Stage(demoted, mandate),
                .. sync.Stage,
                .. Stages.Point(cut, node),
                .. become,
                .. Stages.Point(waiting, node),
            ],
            Evidence = [.. verdict.Evidence, .. sync.Evidence, .. BringRules.Evidence(waiting, node, wal, promotes)],
            Overrides = verdict.Overrides,
            Answered = verdict.Answered,
            Slots = slots,
            Continuation = request is StartNode ? new StartPrimary(node) : null,
            Undo = DemotionRules.Undo(node, demoted, start: null, ReceiverRules.Upstream(cut, view)),
            Outcomes = WithFollowers(node, waiting, wal, promotes),
        };
    }

    /// <summary>A later timeline than its own was reserved: another node may have been primary on it, and nothing but a still later one tells that this node's line came after.</summary>
    private static bool MayHaveSuccessor(NodeObservation node, WalView wal) => node.Failover is { Timeline: var newest } && wal.PositionOf(node.Node) is { } line && line.Timeline.Value < newest;

    /// <summary>A new primary, and the nodes that are pointed at it.</summary>
    internal static Outcome[] WithFollowers(string primary, IReadOnlyList<string> others, WalView wal, bool promoted)
    {
        Outcome[] following = [.. others.Select(n => BringRules.Outcome(n, primary, wal, promoted))];
        return [new(primary, following.Any(o => o.Certain) ? [NodeState.Primary] : AsPrimary), .. following];
    }

    /// <summary>A server that runs and does not answer can be neither started nor judged.</summary>
    internal static Refusal Unknown(NodeObservation node) => new(
        node.Reachable ? Code.WrongState : Code.PeerUnreachable,
        $"{node.Node} is unknown: {node.Problem ?? "its server does not answer"}",
        !node.Reachable ? "bring its agent back"
            : node.Server == ServerStatus.Unseen ? $"do what it says; DELETE instance/current on {node.Node} stops a server that is known"
            : $"look at its server log; DELETE instance/current on {node.Node} stops it");
}
