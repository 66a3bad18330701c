using PgHa.Client.Facts;

namespace PgHa.Agent.Cluster;

/// <summary>What this agent tells the others of automatic failover; null where a person decides.</summary>
internal sealed class FailoverState
{
    private volatile FailoverFacts? _facts;

    /// <summary>As it was last.</summary>
    internal FailoverFacts? Facts
    {
        get => _facts;
        set => _facts = value;
    }
}
