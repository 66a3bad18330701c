using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>How a failover makes the standby writable.</summary>
public enum FailoverForm
{
    /// <summary>Stopped and started without <c>standby.signal</c>: the timeline stays.</summary>
    Restart,

    /// <summary>Promoted: the timeline grows by one.</summary>
    Promote,
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

    /// <inheritdoc />
    public override string Acting => Target;

    /// <inheritdoc />
    public override IEnumerable<string> Named => To is null ? [Called] : [Called, To];

    /// <inheritdoc />
    public override string? Focus(Mandate mandate, ClusterView view) => Target;
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

    /// <inheritdoc />
    public override string Acting => To ?? Called;

    /// <inheritdoc />
    public override IEnumerable<string> Named => To is null ? [Called] : [Called, To];

    /// <inheritdoc />
    public override string? Focus(Mandate mandate, ClusterView view) =>
        view.Primary?.Node ?? (mandate.Resumed ? To : null);
}

/// <summary>
/// Undo a start as primary, or a failover, that failed before anything became writable: the nodes that it had demoted may be started as
/// primary again, if they are still stopped and no node is writable.
/// </summary>
/// <param name="Called">The node that was to become writable.</param>
/// <param name="Demoted">The nodes that had been demoted for it.</param>
/// <param name="Starts">It was running in recovery before, and is started like that again.</param>
/// <param name="Upstream">The node from which standbys streamed that had been pointed at the called one; null where there are none.</param>
public sealed record UndoDemotion(string Called, IReadOnlyList<string> Demoted, bool Starts, string? Upstream = null) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => Parts.ToArray() is { Length: > 0 } parts ? string.Join(", and ", parts) : $"leave {Called} as it is";

    private IEnumerable<string> Parts
    {
        get
        {
            if (Demoted.Count > 0)
                yield return $"let {string.Join(", ", Demoted)} be primary again";
            if (Starts)
                yield return $"start {Called} in recovery";
            if (Upstream is not null)
                yield return $"point the other standbys at {Upstream}";
        }
    }
}
