namespace PgHa.Client.Facts;

/// <summary>What a node remembers of synchronous replication: after a failover the old primary can no longer be asked.</summary>
/// <param name="Primary">The primary it was last seen on.</param>
/// <param name="Names">Its <c>synchronous_standby_names</c>.</param>
/// <param name="Relaxed">It is not in force yet: it will be as soon as enough standbys are attached.</param>
public sealed record PrimarySync(string Primary, string Names, bool Relaxed = false);
