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

/// <summary>Start the node as standby of the running primary, or point it there.</summary>
public sealed record StartStandby(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"start {Called} as standby";
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

/// <summary>Exchange the roles of the primary and a standby by restarting both; the timeline stays.</summary>
/// <param name="Called">The node whose agent was called.</param>
/// <param name="Order">Which of the two is stopped first.</param>
/// <param name="To">The node that becomes primary; default the most advanced standby.</param>
public sealed record Switchover(string Called, StopOrder Order, string? To = null) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words =>
        $"switch over to {To ?? "the most advanced standby"}, {(Order == StopOrder.PrimaryFirst ? "primary" : "standby")} stopped first";
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
