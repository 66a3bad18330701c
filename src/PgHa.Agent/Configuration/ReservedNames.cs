namespace PgHa.Agent.Configuration;

/// <summary>
/// Words that stand where a node's name may stand in a path of API v1, so that no node can have them as its name.
/// They are the specification's, here only to be refused.
/// </summary>
internal static class ReservedNames
{
    public static readonly IReadOnlySet<string> All = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "current", "all", "master", "slave", "failover", "switchover", "masterSlave", "slaveMaster",
    };
}
