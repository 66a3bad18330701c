using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>
/// What to do about an operation that stopped half way, from a fresh view. Nothing is replayed: a request is planned anew, or it is
/// left. Pure.
/// </summary>
public static class HaltRules
{
    /// <summary>
    /// An operation that had changed nothing yet is not begun any more when its operator has surely turned away; nor is a stop finished,
    /// which strands nobody when it is not: the server that runs now may have been started by hand since.
    /// </summary>
    public static readonly TimeSpan TooOld = TimeSpan.FromMinutes(10);

    /// <summary>A server that starts or stops is waited for so long; then it is planned for as it is.</summary>
    public static readonly TimeSpan SettlesWithin = TimeSpan.FromMinutes(1);

    /// <summary>So long what a switchover found is still as good as seen.</summary>
    public static readonly TimeSpan Just = TimeSpan.FromMinutes(1);

    private static readonly string StandbyStanding = NodeState.Standby.ToString().ToLowerInvariant();

    /// <summary>While the operation still lives.</summary>
    public static Course WhileLive(Halt halt, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(halt);
        if (halt.Reach == Reach.Untouched)
            return new Leave("nothing was changed", NothingToUndo: true);
        if (halt.Cause == HaltCause.StepFailed && Lost(halt, view))
            return new TakeUp();
        if (halt.Reach == Reach.MayBeWritable)
            return new Leave("a node may have become writable: nothing is undone");
        // What an operator wanted stopped stays stopped when another stop fails; only who abandons the operation wants it back.
        if (halt.Undo is null || (halt.Cause == HaltCause.StepFailed && halt.Continuation is { Request.OnlyStops: true }))
            return new Leave("what was done stays");
        // Agents that disagree about the cluster would refuse it now: it waits until they agree.
        return Undo(halt, view) is var undo && AgreementRules.Refuse(undo.Asked, view) is not null ? new TakeUp() : new Try([undo]);
    }

    /// <summary>After its agent, or another one it needs, was lost.</summary>
    /// <param name="halt">The operation.</param>
    /// <param name="view">A fresh view.</param>
    /// <param name="waited">How long it has been waited for the nodes to settle.</param>
    public static Course AfterLoss(Halt halt, ClusterView view, TimeSpan waited)
    {
        ArgumentNullException.ThrowIfNull(halt);
        ArgumentNullException.ThrowIfNull(view);
        if (Stale(halt, view) is { } stale)
            return new Leave(stale);
        halt = IsNeverWritable(halt.Imminent, view) ? halt : halt with { Reach = Reach.MayBeWritable };
        if (!(halt.Age <= TooOld) && (halt.Reach == Reach.Untouched || halt.Continuation is { Request.OnlyStops: true }))
        {
            var old = halt.Age is null ? "how old it is cannot be told any more, it" : $"it is older than {TooOld.TotalMinutes} minutes and";
            return new Leave($"{old} {(halt.Reach == Reach.Untouched ? "had changed nothing" : "only stops")}", NothingToUndo: halt.Reach == Reach.Untouched);
        }
        if (view.Nodes.FirstOrDefault(n => !n.Reachable && halt.Acting.Contains(n.Node) && !IsLetGo(halt, n) && !IsOnlyDemoted(halt, n)) is { } away)
            return new Await($"the agent of {away.Node}, which has to act, does not answer");
        if (waited < SettlesWithin && view.Nodes.FirstOrDefault(Unsettled) is { } moving)
            return new Await($"{moving.Node} is about to change: {moving.LastStep?.Step ?? moving.Problem ?? moving.Server.ToString()}");
        Way[] ways = [.. halt is { Undoing: true, Undo: not null } ? [] : Goal(halt, view), .. CanBeUndone(halt) ? [Undo(halt, view)] : Array.Empty<Way>()];
        if (ways.Length == 0)
            return new Leave("this version of pgha does not know its request");
        Way[] possible = [.. ways.Where(way => way.Asked.Request.Named.All(name => view.Nodes.Any(n => n.Node == name)))];
        return possible.Length == 0 ? new Leave("it names a node that the configuration does not list any more") : new Try(possible);
    }

    /// <summary>What a node is, in one word, for comparison later.</summary>
    public static string Standing(NodeObservation node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node switch
        {
            { Reachable: false } => "unreachable",
            { State: NodeState.Stopped, DataProblem: null, Control: not { StoppedCleanly: true } } => "crashed",
            _ => node.State.ToString().ToLowerInvariant(),
        };
    }

    /// <summary>
    /// Whether it is proven that the node which was about to become writable never was: its control file is that of a standby, and its
    /// server, if it runs, is in recovery and was not told to promote. A node that is not known proves nothing.
    /// </summary>
    private static bool IsNeverWritable(string? imminent, ClusterView view) => imminent is null || view.Nodes.Any(n => n.Node == imminent
        && n is { Reachable: true, MayBeWritable: false, Promoting: false, DataProblem: null, Control.OfPrimary: false });

    private static IEnumerable<Way> Goal(Halt halt, ClusterView view) =>
        halt.Continuation is not var (request, mandate) ? [] : [new(request.Under(mandate with
        {
            Force = false,
            Resumed = true,
            Answered = StillAnswered(halt, view),
            BringsBack = halt.Undoing,
        }), Undoes: halt.Undoing)];

    private static Way Undo(Halt halt, ClusterView view) =>
        new(halt.Undo! with { Mandate = halt.Undo.Mandate with { Force = false, Answered = StillAnswered(halt, view), BringsBack = true } }, Undoes: true);

    /// <summary>An undo that was under way is finished even where its own last step was final.</summary>
    private static bool CanBeUndone(Halt halt) => halt.Undo is not null && (halt.Undoing || (halt.Reach < Reach.MayBeWritable && halt.Continuation is not { Request.OnlyStops: true }));

    /// <summary>Nodes that the operator's force answered for and that are still what they were then: force is not stretched to others.</summary>
    private static string[] StillAnswered(Halt halt, ClusterView view) =>
        [.. view.Nodes.Where(n => IsLetGo(halt, n) || (halt.Found.TryGetValue(n.Node, out var found) && found.Answered && found.State == Standing(n))).Select(n => n.Node)];

    /// <summary>
    /// A third node that was a standby when a switchover began a moment ago and does not answer now: the writer is known, and it is none of
    /// those that keep the others from having one again. Later nobody knows what has become of it.
    /// </summary>
    private static bool IsLetGo(Halt halt, NodeObservation node) => !node.Reachable && halt is { Continuation.Request: Switchover change, Undo.Request: StartAll back } && halt.Age < Just
        && node.Node != change.To && node.Node != back.Called && halt.Found.TryGetValue(node.Node, out var found) && found.State == StandbyStanding;

    /// <summary>The undo starts another node and does without this one: it stays demoted, which is safe.</summary>
    private static bool IsOnlyDemoted(Halt halt, NodeObservation node) => halt.Undo?.Request is UndoDemotion { Starts: true } back && back.Demoted.Contains(node.Node);

    /// <summary>A node cannot be asked, or its agent is another run than the one that was locked.</summary>
    private static bool Lost(Halt halt, ClusterView view) => halt.ConnectionLost || view.Nodes.Any(n =>
        halt.Found.TryGetValue(n.Node, out var found) && found.Boot.Length > 0 && (!n.Reachable || n.BootId != found.Boot));

    /// <summary>Somebody else has changed a node since: what was wanted then may not be wanted now.</summary>
    private static string? Stale(Halt halt, ClusterView view)
    {
        foreach (var node in view.Nodes.Where(n => n.LastStep is not null && n.LastStep.Operation != halt.Operation))
            if (halt.Found.GetValueOrDefault(node.Node)?.LastOperation != node.LastStep!.Operation)
                return $"operation {node.LastStep.Operation} may have changed {node.Node} after it";
        return null;
    }

    private static bool Unsettled(NodeObservation node) =>
        node.Reachable && (node.LastStep is { Running: true } || node.Server is ServerStatus.Starting || node is { Server: ServerStatus.ShuttingDown, Ending: false });
}
