using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>Whose WAL a node holds as well as its own. Pure.</summary>
public static class HeldWal
{
    /// <summary>The nodes whose WAL is proven to be a beginning of the node's own, and the node itself.</summary>
    /// <param name="node">The node; it is the focus of <paramref name="wal"/>.</param>
    /// <param name="wal">The WAL of all nodes.</param>
    public static IReadOnlyCollection<string> At(string node, WalView wal)
    {
        ArgumentNullException.ThrowIfNull(wal);
        return [node, .. wal.Ancestry.Where(a => a.Key != node && a.Value.Kinship is WalKinship.Identical or WalKinship.Behind).Select(a => a.Key)];
    }
}
