using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>Start the node as its <c>standby.signal</c> says.</summary>
public sealed record StartNode(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"start {Called}";

    /// <inheritdoc />
    public override string? Focus(Mandate mandate, ClusterView view) => view.Primary?.Node ?? (view[Called].StandbySignal ? null : Called);
}

/// <summary>Start the node as primary.</summary>
public sealed record StartPrimary(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"start {Called} as primary";

    /// <inheritdoc />
    public override string? Focus(Mandate mandate, ClusterView view) => Called;
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

    /// <inheritdoc />
    public override bool UsesItsData => Rejoin is null;
}

/// <summary>Start all nodes; without a running primary the called node becomes it.</summary>
public sealed record StartAll(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => "start all nodes";

    /// <inheritdoc />
    public override string? Focus(Mandate mandate, ClusterView view) => view.Primary?.Node ?? Called;
}

/// <summary>Restart the node, a standby, so that it gets the slots it has no copy of.</summary>
public sealed record RestartForSlots(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"restart {Called} to place slots there";
}
