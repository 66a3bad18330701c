using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>
/// Under which name a node announces itself to its primary. It gets its own name, unless commits wait for the one that it has by the operator,
/// or by PostgreSQL. Pure.
/// </summary>
public static class StandbyNames
{
    private const string Default = "walreceiver";

    /// <summary>What PostgreSQL makes of the settings.</summary>
    /// <param name="applicationName">That of <c>primary_conninfo</c>; null where it has none.</param>
    /// <param name="clusterName"><c>cluster_name</c>.</param>
    public static string Announced(string? applicationName, string clusterName)
    {
        ArgumentNullException.ThrowIfNull(clusterName);
        return applicationName ?? (clusterName.Length > 0 ? clusterName : Default);
    }

    /// <summary>The name that a node is to have.</summary>
    /// <param name="node">The node.</param>
    /// <param name="announced">The name it has by its settings.</param>
    /// <param name="waitedFor">What its primary's commits wait for, now or later.</param>
    public static string Wanted(string node, string announced, IReadOnlyCollection<SyncNames> waitedFor) =>
        !waitedFor.Any(w => w.Mentions(node)) && waitedFor.Any(w => w.Mentions(announced)) ? announced : node;

    /// <summary>What commits of a primary wait for: by its setting, or by what it is to get when enough standbys stream.</summary>
    public static IReadOnlyCollection<SyncNames> WaitedFor(NodeObservation primary)
    {
        ArgumentNullException.ThrowIfNull(primary);
        var later = primary.PrimarySync is { Relaxed: true } relaxed && relaxed.Primary == primary.Node ? relaxed.Names : null;
        return [.. new[] { primary.Sql?.SynchronousStandbyNames, later }.OfType<string>().Select(SyncNames.Parse).OfType<SyncNames>()];
    }

    /// <summary>The names under which nodes will follow a primary with these names. One whose settings are not known takes its own.</summary>
    internal static string[] Following(IEnumerable<string> nodes, ClusterView view, SyncNames names) =>
        [.. nodes.Select(n => Wanted(n, view[n].Sql?.AnnouncedName ?? n, [names]))];
}
