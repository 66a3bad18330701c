using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>The part about <c>standby.signal</c>: it says what the next start makes of a node.</summary>
public static partial class StepRules
{
    /// <summary>Why <c>standby.signal</c> must not be written on the node, or null.</summary>
    /// <param name="seen">The node.</param>
    public static Refusal? Demoting(NodeObservation seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        if (seen.DataProblem is { } problem)
            return new(Code.WrongState, $"the data directory of {seen.Node} cannot be used: {problem}", "correct postgres.data_dir");
        return seen.StandbySignal || seen.Down || RunsAsPrimary(seen) ? null : Neither(seen, "look at its server, then repeat the call");
    }

    /// <summary>What the node is once <c>standby.signal</c> is written, or why it came too late: a server that was started before it was there found nothing.</summary>
    /// <param name="before">The node before the file was written.</param>
    /// <param name="now">The node after it.</param>
    public static Answer<string> Demoted(NodeObservation before, NodeObservation now)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(now);
        if (now.Down)
            return "standby.signal is written";
        if (now.InRecovery)
            return "standby.signal is written; its server runs in recovery: somebody else has started it";
        if (RunsAsPrimary(before) && RunsAsPrimary(now))
            return "standby.signal is written; its server runs on until it is stopped";
        return new Refusal(Code.AnotherWritable, $"{now.Node} was started by somebody else before standby.signal was written ({now.State.Words()}: {now.Problem ?? "it accepts writes"})",
            "stop what starts it, then repeat the call");
    }

    /// <summary>The file cannot be written: a refusal, or what force answers for.</summary>
    /// <param name="node">The node.</param>
    /// <param name="why">What the file system says.</param>
    /// <param name="forced">An operator's force, or an undo, answers for it.</param>
    public static Answer<string> Unwritten(string node, string why, bool forced)
    {
        var message = $"standby.signal cannot be written on {node} ({why}): whatever starts its server makes it a second primary";
        return forced ? message : new Refusal(Code.StepFailed, message, "make its disk writable, or see to it that nothing can start it and repeat the call with force=true");
    }

    /// <summary>Why <c>standby.signal</c> must not be taken away from the node, or null.</summary>
    /// <param name="node">The node.</param>
    /// <param name="view">All nodes.</param>
    /// <param name="assurances">What is known of nodes that cannot be asked.</param>
    public static Refusal? Reinstating(string node, ClusterView view, IReadOnlyCollection<Assurance> assurances)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(assurances);
        var seen = view[node];
        if (!seen.Down && !RunsAsPrimary(seen))
            return Neither(seen, "a standby keeps its standby.signal");
        return seen.Down && view.Except(node).FirstOrDefault(n => n.MayBeWritable && !assurances.AnswerFor(n.Node)) is { } other
            ? new(Code.AnotherWritable, $"{other.Node} is writable, or may be: a start of {node} would make a second primary", $"start it as standby: POST instance/slave on {node}")
            : null;
    }

    private static bool RunsAsPrimary(NodeObservation node) => node is { Server: ServerStatus.Running, Sql.InRecovery: false };

    private static Refusal Neither(NodeObservation seen, string hint) =>
        new(Code.WrongState, $"{seen.Node} is neither stopped nor runs as primary ({seen.Server.Words()}: {seen.Problem})", hint);
}
