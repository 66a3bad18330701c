namespace PgHa.Agent.Plans;

/// <summary>In which order two kinds of nodes are stopped.</summary>
public enum StopOrder
{
    /// <summary>Standbys first, then the primary.</summary>
    StandbysFirst,

    /// <summary>The primary first, then the standbys.</summary>
    PrimaryFirst,
}

/// <summary>A request that only stops servers: it compares no WAL.</summary>
/// <param name="Called">The node whose agent was called.</param>
public abstract record StopRequest(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override bool OnlyStops => true;

    /// <inheritdoc />
    public override bool NeedsWal(Mandate mandate) => false;
}

/// <summary>Stop the node.</summary>
/// <param name="Called">The node.</param>
/// <param name="WithMachine">Its machine is going down: it does not stay stopped when that is back, and its archiver is not waited for.</param>
public sealed record StopNode(string Called, bool WithMachine = false) : StopRequest(Called)
{
    /// <inheritdoc />
    public override string Words => WithMachine ? $"stop {Called}, because its machine is going down" : $"stop {Called}";
}

/// <summary>Find the primary and stop it.</summary>
public sealed record StopPrimary(string Called) : StopRequest(Called)
{
    /// <inheritdoc />
    public override string Words => "stop the primary";
}

/// <summary>Stop every node in recovery.</summary>
public sealed record StopStandbys(string Called) : StopRequest(Called)
{
    /// <inheritdoc />
    public override string Words => "stop the standbys";
}

/// <summary>Stop all nodes in an order.</summary>
public sealed record StopAll(string Called, StopOrder Order) : StopRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"stop all nodes, {(Order == StopOrder.PrimaryFirst ? "the primary" : "the standbys")} first";
}
