using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Whether what a plan promised can still come, once all of its steps are done. Pure.</summary>
public static class OutcomeRules
{
    /// <summary>Whether a node shows what was promised.</summary>
    public static bool Holds(Outcome outcome, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        ArgumentNullException.ThrowIfNull(view);
        return outcome.States.Contains(view[outcome.Node].State) && !StillBefore(view[outcome.Node], view);
    }

    /// <summary>
    /// Whether its absence is a failure. A standby that its operator lets replay later is where it was for as long: it shows the switch of
    /// timelines after that delay.
    /// </summary>
    public static bool IsDemanded(Outcome outcome, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        ArgumentNullException.ThrowIfNull(view);
        return outcome.Certain && !(outcome.States.Contains(NodeState.Standby) && view[outcome.Node] is { InRecovery: true, Sql.Held.Delay: not null });
    }

    /// <summary>Why it cannot come any more by itself, or null. Seen twice in a row: one look may meet a server that is about to be seen.</summary>
    public static Refusal? Impossible(IEnumerable<Outcome> missing, ClusterView before, ClusterView now)
    {
        ArgumentNullException.ThrowIfNull(missing);
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(now);
        foreach (var outcome in missing.Where(o => IsDemanded(o, now)))
        {
            var node = now[outcome.Node];
            if (node.State == NodeState.Stopped && before[outcome.Node].State == NodeState.Stopped && !outcome.States.Contains(NodeState.Stopped))
                return new(Code.StepFailed, $"{node.Node} is stopped, and was to be {Words(outcome)}", $"look at the server log of {node.Node}, then repeat the call");
            if (outcome.States.All(StartPlan.AsPrimary.Contains) && !node.Writable
                && now.Except(node.Node).FirstOrDefault(n => n.Writable && before[n.Node].Writable) is { } other)
                return new(Code.StepFailed, $"{other.Node} is writable, and {node.Node} was to be {Words(outcome)}", "look at what was done meanwhile (GET v2/operations), then repeat the call");
        }
        return null;
    }

    /// <summary>
    /// What is told when it did not come in time. A server that read <c>standby.signal</c> when it started, and whose file is gone since, stays in recovery for ever: a call that finds it
    /// about to be writable has nothing to do, however often it is repeated.
    /// </summary>
    public static Refusal Explain(Outcome missing, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(missing);
        ArgumentNullException.ThrowIfNull(view);
        var node = view[missing.Node];
        var said = $"{node.Node} does not show the expected state ({Words(missing)})";
        return missing.States.All(StartPlan.AsPrimary.Contains) && node.LacksSignal
            ? new(Code.StepFailed, $"{said}: its server runs in recovery, though standby.signal is not there",
                $"if it was removed while the server ran: DELETE instance/current on {node.Node} stops it, then POST instance/master on {node.Node} starts it as primary; a point-in-time recovery ends by itself")
            : new(Code.StepFailed, said + (node.Problem is { } problem ? $": {problem}" : ""), $"look at the server log of {node.Node}; the call can be repeated");
    }

    /// <summary>Which operation has changed a node since the locks were given back, or null: what was promised may not be wanted any more.</summary>
    public static string? Overtaken(ClusterView unlocked, ClusterView now)
    {
        ArgumentNullException.ThrowIfNull(unlocked);
        ArgumentNullException.ThrowIfNull(now);
        return now.Nodes.Where(n => n.LastStep is not null && unlocked[n.Node].Reachable && n.LastStep.Operation != unlocked[n.Node].LastStep?.Operation)
            .Select(n => n.LastStep!.Operation).FirstOrDefault();
    }

    /// <summary>The states in words.</summary>
    internal static string Words(Outcome outcome) => string.Join(" or ", outcome.States);

    /// <summary>
    /// After a promotion a standby first streams the rest of the old timeline, stops, and begins anew on the next one: only then it stays.
    /// </summary>
    private static bool StillBefore(NodeObservation node, ClusterView view) =>
        node is { State: NodeState.Standby, Sql.Timeline: { } timeline } && view.Primary?.Sql?.Timeline is { } now && timeline < now
        && StandbyPlan.FollowsPrimary(node, view);
}
