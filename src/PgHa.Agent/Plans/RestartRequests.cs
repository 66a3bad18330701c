using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>Restart the running server of a node in place: it is afterwards what it was.</summary>
/// <param name="Called">The node.</param>
public sealed record RestartNode(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"restart {Called}";

    /// <inheritdoc />
    public override string? Focus(Mandate mandate, ClusterView view) => view.Primary?.Node ?? (view[Called].StandbySignal ? null : Called);
}

/// <summary>Let running servers read their settings again.</summary>
/// <param name="Called">The node; with <paramref name="All"/> the one whose agent was called.</param>
/// <param name="All">All nodes that run.</param>
public sealed record Reload(string Called, bool All = false) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => All ? "reload the settings of all nodes" : $"reload the settings of {Called}";

    /// <inheritdoc />
    public override bool NeedsWal(Mandate mandate) => false;
}
