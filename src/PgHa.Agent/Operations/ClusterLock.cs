using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>
/// One plan at a time in the whole cluster: the lock of every reachable node, taken in name order, so that of two operators exactly
/// one wins on the first node they share.
/// </summary>
public sealed class ClusterLock(ClusterObserver cluster, ActingNodes nodes)
{
    /// <summary>Takes all locks; null when they are held now, else why not (and none is held).</summary>
    /// <param name="wanted">The operation.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="pastAway">
    /// A lock whose owner does not answer is void. Whoever it was can act on no node any more whose lock it has lost, and needs the record to let one write:
    /// only where that is held.
    /// </param>
    public async Task<Refusal?> TakeAsync(OperationLock wanted, CancellationToken cancel, bool pastAway = false)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        foreach (var node in nodes.All.OrderBy(n => n.Name, StringComparer.Ordinal))
        {
            if (await TakeAsync(node, wanted, pastAway, cancel) is not { } refusal)
                continue;
            await ReleaseAsync(wanted.Operation, CancellationToken.None);
            return refusal;
        }
        return null;
    }

    /// <summary>
    /// Takes the lock of one node alone, for what nothing but an operation that needs this node can cross; null when it is held now, else
    /// why not.
    /// </summary>
    public Task<Refusal?> TakeAsync(OperationLock wanted, string node, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return TakeAsync(nodes[node], wanted, pastAway: false, cancel);
    }

    /// <summary>Gives the locks of an operation back wherever they are held.</summary>
    public Task ReleaseAsync(string operation, CancellationToken cancel) =>
        Task.WhenAll(nodes.All.Select(n => n.UnlockAsync(operation, cancel)));

    /// <summary>What the one who came second is told.</summary>
    internal static Refusal Busy(OperationLock holder) => new(Code.Busy, $"another operation is running: {holder.Goal}",
        $"operation {holder.Operation} of {holder.Owner}: wait for it (GET {Client.Routes.V2}/operations/{holder.Operation}), "
        + $"or POST {Client.Routes.V2}/operations/{holder.Operation}/abandon: on {holder.Owner} once it only waits for its outcome, here if {holder.Owner} is gone for good");

    /// <summary>Who or what is in the way, or null: taken, or the node cannot be reached and holds nothing that could act.</summary>
    private async Task<Refusal?> TakeAsync(IActingNode node, OperationLock wanted, bool pastAway, CancellationToken cancel)
    {
        var answer = await node.LockAsync(wanted, cancel);
        if (answer is not { Value: { Granted: false, Holder: { } holder } } || await MayBeLiveAsync(holder, pastAway, cancel))
            return InTheWay(answer);
        await node.UnlockAsync(holder.Operation, cancel);
        return InTheWay(await node.LockAsync(wanted, cancel));
    }

    /// <summary>A node that answers and refuses is not away.</summary>
    private static Refusal? InTheWay(Answer<LockAnswer> answer) => answer switch
    {
        { IsOk: false, Refusal.Code: Code.PeerUnreachable } => null,
        { IsOk: false } => answer.Refusal,
        _ => answer.Value.Granted ? null : Busy(answer.Value.Holder!),
    };

    /// <summary>
    /// Whether the operation that took a lock may still be carried out: only its owner can deny it, by having been started anew since or
    /// by not knowing it any more.
    /// </summary>
    public Task<bool> MayBeLiveAsync(OperationLock holder, CancellationToken cancel) => MayBeLiveAsync(holder, pastAway: false, cancel);

    /// <summary>Whether it is known to be carried out: its owner answers, and says so.</summary>
    public Task<bool> LivesAsync(OperationLock holder, CancellationToken cancel) => MayBeLiveAsync(holder, pastAway: true, cancel);

    private async Task<bool> MayBeLiveAsync(OperationLock holder, bool pastAway, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(holder);
        if (cluster.Nodes.FirstOrDefault(n => n.Name == holder.Owner) is not { } owner)
            return true;
        var seen = await owner.ObserveAsync(fresh: true, cancel);
        return !seen.Reachable ? !pastAway : (seen.BootId == holder.OwnerBoot && seen.LiveOperations.Contains(holder.Operation));
    }
}
