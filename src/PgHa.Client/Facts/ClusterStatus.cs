namespace PgHa.Client.Facts;

/// <summary>The cluster at one look, as one agent sees it.</summary>
public sealed record ClusterStatus
{
    /// <summary>The cluster's name.</summary>
    public required string Cluster { get; init; }

    /// <summary>The node whose agent was asked.</summary>
    public required string Asked { get; init; }

    /// <summary>The nodes in the order of its configuration.</summary>
    public required IReadOnlyList<NodeStatus> Nodes { get; init; }

    /// <summary>What the asked agent does about automatic failover; null: it is in manual mode, or cannot say (<see cref="ExplainProblem"/>).</summary>
    public ExplainReport? Explain { get; init; }

    /// <summary>Why it cannot say, though it is in automatic mode; else null.</summary>
    public string? ExplainProblem { get; init; }
}
