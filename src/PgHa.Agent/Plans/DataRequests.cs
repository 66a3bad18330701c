using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>Make a new cluster in the node's empty data directory and start it as primary.</summary>
public sealed record InitData(string Called) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"make a new cluster on {Called}";

    /// <summary>What was interrupted may have made the cluster already: then it is started like any other.</summary>
    public override bool NeedsWal(Mandate mandate) => mandate.Resumed;

    /// <inheritdoc />
    public override bool UsesItsData => false;

    /// <inheritdoc />
    public override string? Focus(Mandate mandate, ClusterView view) => Called;
}

/// <summary>Fill the node's empty data directory with a base backup of another node and start it as standby.</summary>
/// <param name="Called">The node whose agent was called.</param>
/// <param name="From">The running node to copy; default the primary.</param>
public sealed record CloneData(string Called, string? From = null) : ChangeRequest(Called)
{
    /// <inheritdoc />
    public override string Words => $"clone {Called} from {From ?? "the primary"}";

    /// <summary>What was interrupted may have filled the directory already: then it has to prove that it can follow.</summary>
    public override bool NeedsWal(Mandate mandate) => mandate.Resumed;

    /// <inheritdoc />
    public override IEnumerable<string> Named => From is null ? [Called] : [Called, From];

    /// <inheritdoc />
    public override bool UsesItsData => false;
}
