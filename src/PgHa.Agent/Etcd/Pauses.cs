namespace PgHa.Agent.Etcd;

/// <summary>Where automatic failover is paused.</summary>
/// <param name="Whole">In the whole cluster.</param>
/// <param name="Nodes">The nodes that are paused by themselves.</param>
public sealed record Pauses(bool Whole, IReadOnlyList<string> Nodes)
{
    /// <summary>Nowhere.</summary>
    public static Pauses None { get; } = new(false, []);
}
