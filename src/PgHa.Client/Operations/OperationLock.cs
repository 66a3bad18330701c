namespace PgHa.Client.Operations;

/// <summary>Held on every reachable node while a plan runs: one plan at a time.</summary>
/// <param name="Operation">The operation's id.</param>
/// <param name="Owner">The node whose agent carries it out.</param>
/// <param name="OwnerBoot">That agent's boot id: the lock of a dead run is freed by its restarted agent.</param>
/// <param name="Goal">What the operation is, in words.</param>
public sealed record OperationLock(string Operation, string Owner, string OwnerBoot, string Goal);

/// <summary>What came of asking a node for its lock.</summary>
/// <param name="Granted">Whether the lock is held now.</param>
/// <param name="Holder">Who holds it otherwise.</param>
public sealed record LockAnswer(bool Granted, OperationLock? Holder);
