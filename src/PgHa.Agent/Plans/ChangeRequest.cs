namespace PgHa.Agent.Plans;

/// <summary>In which order two kinds of nodes are stopped.</summary>
public enum StopOrder
{
    /// <summary>Standbys first, then the primary.</summary>
    StandbysFirst,

    /// <summary>The primary first, then the standbys.</summary>
    PrimaryFirst,
}

/// <summary>How a failover makes the standby writable.</summary>
public enum FailoverForm
{
    /// <summary>Stopped and started without <c>standby.signal</c>: the timeline stays.</summary>
    Restart,

    /// <summary>Promoted: the timeline grows by one.</summary>
    Promote,
}

/// <summary>What an operator asks for, in native words. The closed set of everything that changes something.</summary>
/// <param name="Called">The node whose agent was called.</param>
public abstract record ChangeRequest(string Called)
{
    /// <summary>The operator answers for what cannot be proven; never for a proven divergence.</summary>
    public bool Force { get; init; }

    /// <summary>Unknown nodes that the operation this request undoes had already answered for.</summary>
    public IReadOnlyList<string> Answered { get; init; } = [];

    /// <summary>It undoes an operation: serving again comes before any check.</summary>
    public bool IsUndo { get; init; }

    /// <summary>It brings back what served before an operation that is under way.</summary>
    public bool BringsBack { get; init; }

    /// <summary>It only stops servers, or brings back what served before: agents that disagree about the cluster need not stand in its way.</summary>
    public bool Regardless => BringsBack || this is StopNode or StopPrimary or StopStandbys or StopAll;

    /// <summary>The nodes it names.</summary>
    public IEnumerable<string> Named => this switch
    {
        Failover { To: { } to } => [Called, to],
        Switchover { To: { } to } => [Called, to],
        CloneData { From: { } from } => [Called, from],
        _ => [Called],
    };

    /// <summary>An interrupted operation is taken up again: what it left half done (a node stopped, or running to replay) is no refusal.</summary>
    public bool Resumed { get; init; }

    /// <summary>The request in words.</summary>
    public abstract string Words { get; }

    /// <summary>Whether it makes or moves a primary or joins a node, so that the nodes' WAL has to be compared first.</summary>
    public virtual bool NeedsWal => true;
}

/// <summary>Start the node as its <c>standby.signal</c> says.</summary>
public sealed record StartNode(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"start {Called}";
}

/// <summary>Start the node as primary.</summary>
public sealed record StartPrimary(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"start {Called} as primary";
}

/// <summary>How a node whose WAL has gone its own way is made to follow again, after that WAL was salvaged.</summary>
public enum RejoinForm
{
    /// <summary>By pg_rewind: only what changed since the fork is copied.</summary>
    Rewind,

    /// <summary>By a new base backup, swapped in when it is complete.</summary>
    Reclone,
}

/// <summary>Start the node as standby of the running primary, or point it there.</summary>
/// <param name="Called">The node whose agent was called.</param>
/// <param name="Rejoin">What to do where its WAL is not a beginning of the primary's; null refuses then.</param>
public sealed record StartStandby(string Called, RejoinForm? Rejoin = null) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => Rejoin switch
    {
        RejoinForm.Rewind => $"let {Called} rejoin as standby, by rewind if need be",
        RejoinForm.Reclone => $"let {Called} rejoin as standby, by a new base backup if need be",
        _ => $"start {Called} as standby",
    };
}

/// <summary>Start all nodes; without a running primary the called node becomes it.</summary>
public sealed record StartAll(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => "start all nodes";
}

/// <summary>Make a node in recovery the primary, the old one being down.</summary>
/// <param name="Called">The node whose agent was called.</param>
/// <param name="Form">By restart or by promotion.</param>
/// <param name="To">The node that becomes primary; default the called one.</param>
public sealed record Failover(string Called, FailoverForm Form, string? To = null) : ChangeRequest(Called)
{
    /// <summary>The node that becomes primary.</summary>
    public string Target => To ?? Called;

    /// <inheritdoc />
    public override string Words => $"fail over to {Target} by {(Form == FailoverForm.Restart ? "restart" : "promotion")}";
}

/// <summary>How a switchover makes the standby the primary.</summary>
public enum SwitchoverForm
{
    /// <summary>Both are stopped and started in the other role: the timeline stays.</summary>
    Restart,

    /// <summary>The primary is stopped at once and the standby promoted: the timeline grows by one, and writes are interrupted for a moment only.</summary>
    Promote,
}

/// <summary>Exchange the roles of the primary and a standby.</summary>
/// <param name="Called">The node whose agent was called.</param>
/// <param name="Order">Which of the two is stopped first, in a switchover by restart.</param>
/// <param name="To">The node that becomes primary; default the most advanced standby.</param>
public sealed record Switchover(string Called, StopOrder Order, string? To = null) : ChangeRequest(Called)
{
    /// <summary>By restart or by promotion.</summary>
    public SwitchoverForm By { get; init; }

    /// <summary>By promotion: unlogged tables may be emptied for a shorter interruption.</summary>
    public bool AcceptUnlogged { get; init; }

    /// <inheritdoc />
    public override string Words => By == SwitchoverForm.Promote
        ? $"switch over to {To ?? "the most advanced standby"} by promotion"
        : $"switch over to {To ?? "the most advanced standby"}, {(Order == StopOrder.PrimaryFirst ? "primary" : "standby")} stopped first";
}

/// <summary>
/// Undo a start as primary, or a failover, that failed before anything became writable: the nodes that it had demoted may be started as
/// primary again, if they are still stopped and no node is writable.
/// </summary>
/// <param name="Called">The node that was to become writable.</param>
/// <param name="Demoted">The nodes that had been demoted for it.</param>
/// <param name="Starts">It was running in recovery before, and is started like that again.</param>
public sealed record UndoDemotion(string Called, IReadOnlyList<string> Demoted, bool Starts) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"let {string.Join(", ", Demoted)} be primary again{(Starts ? $", and start {Called} in recovery" : "")}";
}

/// <summary>Stop the node.</summary>
public sealed record StopNode(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"stop {Called}";

    /// <inheritdoc />
    public override bool NeedsWal => false;
}

/// <summary>Find the primary and stop it.</summary>
public sealed record StopPrimary(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => "stop the primary";

    /// <inheritdoc />
    public override bool NeedsWal => false;
}

/// <summary>Stop every node in recovery.</summary>
public sealed record StopStandbys(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => "stop the standbys";

    /// <inheritdoc />
    public override bool NeedsWal => false;
}

/// <summary>Stop all nodes in an order.</summary>
public sealed record StopAll(string Called, StopOrder Order) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"stop all nodes, {(Order == StopOrder.PrimaryFirst ? "the primary" : "the standbys")} first";

    /// <inheritdoc />
    public override bool NeedsWal => false;
}

/// <summary>Make a new cluster in the node's empty data directory and start it as primary.</summary>
public sealed record InitData(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"make a new cluster on {Called}";

    /// <summary>What was interrupted may have made the cluster already: then it is started like any other.</summary>
    public override bool NeedsWal => Resumed;
}

/// <summary>Fill the node's empty data directory with a base backup of another node and start it as standby.</summary>
/// <param name="Called">The node whose agent was called.</param>
/// <param name="From">The running node to copy; default the primary.</param>
public sealed record CloneData(string Called, string? From = null) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"clone {Called} from {From ?? "the primary"}";

    /// <summary>What was interrupted may have filled the directory already: then it has to prove that it can follow.</summary>
    public override bool NeedsWal => Resumed;
}

/// <summary>Restart the node, a standby, so that it gets the slots it has no copy of.</summary>
public sealed record RestartForSlots(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"restart {Called} to place slots there";
}
