namespace PgHa.Agent.Cluster;

/// <summary>One run of the agent: locks carry its id, so that those of a dead run can be told.</summary>
public sealed class AgentBoot(UniqueName name)
{
    /// <summary>Another one each time the agent starts.</summary>
    public string Id { get; } = name();
}
