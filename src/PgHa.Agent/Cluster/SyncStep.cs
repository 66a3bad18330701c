namespace PgHa.Agent.Cluster;

/// <summary>Set <c>synchronous_standby_names</c> of a node that is about to become primary: by ALTER SYSTEM, or in postgresql.auto.conf while it is stopped.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Names">The setting; empty: commits wait for no standby.</param>
/// <param name="Later">The setting it gets when enough standbys stream; null: none.</param>
public sealed record SetSync(string Node, string Names, string? Later) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"set synchronous_standby_names of {Node} to {(Names.Length > 0 ? Names : Later is null ? "nothing" : $"nothing, and to {Later} when enough standbys stream")}";

    /// <inheritdoc />
    public override string Path => $"sync?names={Uri.EscapeDataString(Names)}" + (Later is null ? "" : $"&later={Uri.EscapeDataString(Later)}");
}
