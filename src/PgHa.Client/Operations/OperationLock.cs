using PgHa.Client.Facts;

namespace PgHa.Client.Operations;

/// <summary>Held on every reachable node while a plan runs: one plan at a time.</summary>
/// <param name="Operation">The operation's id.</param>
/// <param name="Owner">The node whose agent carries it out.</param>
/// <param name="OwnerBoot">That agent's boot id: the lock of a dead run is freed by its restarted agent.</param>
/// <param name="Goal">What the operation is, in words.</param>
/// <param name="Identity">The cluster as the owner's configuration describes it; null from an older version.</param>
/// <param name="Regardless">It only stops servers, or brings back what served before: given also where the agents disagree about the cluster.</param>
public sealed record OperationLock(
    string Operation, string Owner, string OwnerBoot, string Goal, ClusterIdentity? Identity = null, bool Regardless = false);

/// <summary>What came of asking a node for its lock.</summary>
/// <param name="Granted">Whether the lock is held now.</param>
/// <param name="Holder">Who holds it otherwise.</param>
public sealed record LockAnswer(bool Granted, OperationLock? Holder = null);
