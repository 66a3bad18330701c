using PgHa.Client.Facts;

namespace PgHa.Agent.Configuration;

/// <summary>A node as far as its values could be read.</summary>
internal sealed record NodeDraft(string Name, Uri? Agent, PostgresAddress? Postgres);

/// <summary>What must hold for the nodes of a cluster. Pure.</summary>
internal static class NodeRules
{
    private const int Most = 7;

    /// <summary>
    /// Words that stand where a node's name may stand in a path of API v1, so that no node can have them as its name.
    /// They are the specification's, here only to be refused.
    /// </summary>
    public static readonly IReadOnlySet<string> Reserved = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "current", "all", "master", "slave", "failover", "switchover", "masterSlave", "slaveMaster",
    };

    public static IEnumerable<(string Key, Complaint Complaint)> Check(string? self, IReadOnlyList<NodeDraft> nodes)
    {
        if (nodes.Count is 0 or > Most)
            yield return (KnownKeys.Nodes, new($"nodes: {nodes.Count} are named", $"name 1 to {Most} nodes"));
        var names = nodes.Select(node => node.Name).ToList();
        if (self is not null && names.Count > 0 && !names.Contains(self))
            yield return ("node", new($"node: '{self}' is not one of nodes", $"the nearest one is {NearestName.Of(self, names)}"));
        foreach (var node in nodes)
            if (CheckName(node.Name) is { } complaint)
                yield return ($"nodes.{node.Name}", complaint);
        foreach (var twin in Twins(nodes, node => node.Name.ToUpperInvariant(), "", "name"))
            yield return twin;
        foreach (var (first, second) in OneSlot(nodes))
            yield return ($"nodes.{second}", new($"the replication slots of {first} and {second} would have one name: {SlotName.Of(second)}",
                "choose names that differ in letters, digits or _"));
        // The scheme does not tell two agents apart: one port has one listener.
        foreach (var twin in Twins(nodes, node => node.Agent?.Authority, ".agent", "agent address"))
            yield return twin;
        foreach (var twin in Twins(nodes, SpellingOfPostgres, ".postgres", "PostgreSQL address"))
            yield return twin;
    }

    private static IEnumerable<(string First, string Second)> OneSlot(IEnumerable<NodeDraft> nodes) =>
        from twins in nodes.Select(node => node.Name).DistinctBy(name => name.ToUpperInvariant()).GroupBy(SlotName.Of)
        from second in twins.Skip(1)
        select (twins.First(), second);

    private static string? SpellingOfPostgres(NodeDraft node) =>
        node.Postgres is { } address ? $"{address.Host.ToUpperInvariant()}:{address.Port}" : null;

    private static Complaint? CheckName(string name)
    {
        if (Reserved.Contains(name))
            return new($"no node can be named '{name}': it is a word of the API", $"choose another name, such as pg-{name}");
        return Forms.Label(name, out _) is { } complaint ? complaint with { Message = $"nodes: {complaint.Message}" } : null;
    }

    private static IEnumerable<(string Key, Complaint Complaint)> Twins(
        IReadOnlyList<NodeDraft> nodes, Func<NodeDraft, string?> trait, string field, string what) =>
        from twins in nodes.Where(node => trait(node) is not null).GroupBy(trait)
        from second in twins.Skip(1)
        select ($"nodes.{second.Name}{field}", new Complaint(
            $"{second.Name} has the same {what} as {twins.First().Name}", $"give each node its own {what}"));
}
