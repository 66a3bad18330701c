using System.Text.Json.Serialization;
using PgHa.Formats.Control;

namespace PgHa.Client.Facts;

/// <summary>Everything one agent saw of its own instance at one moment. Immutable; made by that agent only.</summary>
public sealed record NodeObservation
{
    /// <summary>The node's name in the configuration.</summary>
    public required string Node { get; init; }

    /// <summary>Changes each time the agent starts; empty when the agent cannot be reached.</summary>
    public required string BootId { get; init; }

    /// <summary>The cluster as its agent's configuration describes it; null when the agent does not say (an older version, or it is away).</summary>
    public ClusterIdentity? Identity { get; init; }

    /// <summary>The name that the agent at the node's address gives itself, where that is another one; else null.</summary>
    public string? AnswersAs { get; init; }

    /// <summary>Whether the node's agent answered.</summary>
    public bool Reachable { get; init; } = true;

    /// <summary>The operation that holds the node's lock; null when none does.</summary>
    public string? LockedBy { get; init; }

    /// <summary>The operations that the node's agent is carrying out itself.</summary>
    public required IReadOnlyList<string> LiveOperations { get; init; }

    /// <summary>The step that changed, or changes, the node last; null when none is known.</summary>
    public NodeStep? LastStep { get; init; }

    /// <summary>The server process.</summary>
    public required ServerStatus Server { get; init; }

    /// <summary>Who beside pgha starts and stops its running server; null if nobody is known.</summary>
    public ServerOwner? ServerOwner { get; init; }

    /// <summary>Whether <c>standby.signal</c> is there: it decides what the next start makes of the node.</summary>
    public bool StandbySignal { get; init; }

    /// <summary>The control file; null when it cannot be read.</summary>
    public ControlFacts? Control { get; init; }

    /// <summary>What SQL says; null unless the server answered.</summary>
    public SqlFacts? Sql { get; init; }

    /// <summary>The configured node it streams from; null if it does not stream, or from none of them.</summary>
    public string? UpstreamNode { get; init; }

    /// <summary>Where it streams from, as HOST:PORT, if that is none of the configured nodes; else null.</summary>
    public string? UpstreamOutside { get; init; }

    /// <summary>Why the data directory cannot be used (empty, foreign, of another major version), or null.</summary>
    public string? DataProblem { get; init; }

    /// <summary>A rewind of the data directory did not finish: it can only be replaced.</summary>
    public bool RewindUnfinished { get; init; }

    /// <summary>Where the data directory is missing or empty, what is known of its place; null if it holds anything.</summary>
    public EmptyPlace? Place { get; init; }

    /// <summary>How far the node is with a step that takes long, in words; null if there is none.</summary>
    public string? Progress { get; init; }

    /// <summary>Why the slots for the other nodes could not be kept as they should be, and which physical slots of others are not safe; or null.</summary>
    public string? SlotProblem { get; init; }

    /// <summary>Its standby ended with its machine and is to be started again: what that waits for; else null.</summary>
    public string? Returning { get; init; }

    /// <summary>Why its standby replays nothing, though it may stream (also while it is shown as standby); null if it does.</summary>
    public string? ReplayProblem => Sql?.Held?.Problem;

    /// <summary>What it remembers of the primary's synchronous replication; null if nothing is known.</summary>
    public PrimarySync? PrimarySync { get; init; }

    /// <summary>What its agent says of automatic failover; null where a person decides.</summary>
    public FailoverFacts? Failover { get; init; }

    /// <summary>Its agent sets <c>synchronous_standby_names</c> itself (<c>failover.sync</c>).</summary>
    public bool ManagesSync { get; init; }

    /// <summary>Why the node is unknown, or null.</summary>
    public string? Problem { get; init; }

    /// <summary>Its running server was told to become primary and still is in recovery: it may accept writes from one moment to the next.</summary>
    public bool Promoting { get; init; }

    /// <summary>The state that follows from the facts.</summary>
    public NodeState State => Server switch
    {
        _ when !Reachable => NodeState.Unknown,
        ServerStatus.Stopped => NodeState.Stopped,
        ServerStatus.Starting => NodeState.Recovering,
        ServerStatus.Running when Sql is { InRecovery: true } => Sql.Streaming ? NodeState.Standby : NodeState.Recovering,
        ServerStatus.Running when Sql is { InRecovery: false } => Sql.AttachedStandbys > 0 ? NodeState.Primary : NodeState.PrimaryAlone,
        _ => NodeState.Unknown,
    };

    /// <summary>
    /// Whether the server accepts writes or may from one moment to the next: one that runs without <c>standby.signal</c>
    /// counts from its first moment, unless its control file already says it is shut down. The file alone says what the next start
    /// makes of the node: a primary that is about to be stopped for good has it, too. One that is not seen may be
    /// (<see cref="MayBeWritable"/>), as one whose agent is away.
    /// </summary>
    public bool Writable => Reachable && Server switch
    {
        ServerStatus.Stopped or ServerStatus.Unseen => false,
        _ when Promoting => !Ending,
        ServerStatus.Running => Sql is not { InRecovery: true } || !StandbySignal,
        ServerStatus.ShuttingDown => !Ending && !IsStandby,
        ServerStatus.Starting => !StandbySignal,
        _ => !IsStandby,
    };

    /// <summary>Its server says that it accepts writes. <see cref="Writable"/> are also those that may do so from one moment to the next.</summary>
    [JsonIgnore]
    public bool Serves => State is NodeState.Primary or NodeState.PrimaryAlone;

    /// <summary>
    /// It runs in recovery, and no <c>standby.signal</c> is there. That is the end of a point-in-time recovery; or the file was taken away while the server ran, and then it stays in recovery for ever.
    /// </summary>
    [JsonIgnore]
    public bool LacksSignal => this is { Reachable: true, Server: ServerStatus.Running, Sql.InRecovery: true, StandbySignal: false, Promoting: false };

    /// <summary>
    /// A server that does not answer is in recovery if its control file says so, or says that the last server was shut down: then this one has
    /// only begun to start, and found <c>standby.signal</c>.
    /// </summary>
    private bool IsStandby => StandbySignal && Control is { State: DbState.InArchiveRecovery or DbState.ShutDownInRecovery or DbState.ShutDown };

    /// <summary>
    /// It shuts down, and its control file says so already: only its archiver or WAL senders can still be at work (fact 12). It never
    /// writes again, but a new server cannot be started on the directory before its process is gone.
    /// </summary>
    public bool Ending => Reachable && Server == ServerStatus.ShuttingDown && Control is { StoppedCleanly: true };

    /// <summary>Stopped, or as good as stopped: what is left of its server has to be ended before it can be started.</summary>
    public bool Down => State == NodeState.Stopped || Ending;

    /// <summary>Whether it cannot be said that this node is not writable: its agent is away, or its server does not answer.</summary>
    public bool MayBeWritable => Writable || (State == NodeState.Unknown && !Ending);

    /// <summary>Running, in recovery, and not on its way to become writable.</summary>
    public bool InRecovery => State is (NodeState.Standby or NodeState.Recovering) && !Writable;

    /// <summary>What is known of a node whose agent does not answer.</summary>
    public static NodeObservation Unreachable(string node, string problem) =>
        new() { Node = node, BootId = "", LiveOperations = [], Reachable = false, Server = ServerStatus.NotAnswering, Problem = problem };
}
