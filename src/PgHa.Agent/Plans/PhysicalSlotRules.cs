using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Plans;

/// <summary>Something to do about one of our physical slots.</summary>
/// <param name="Slot">Its name.</param>
public abstract record SlotChange(string Slot);

/// <summary>Make it; from now on WAL is kept for its node.</summary>
public sealed record CreateSlot(string Slot) : SlotChange(Slot);

/// <summary>Its node has all WAL up to there.</summary>
public sealed record AdvanceSlot(string Slot, Lsn To) : SlotChange(Slot);

/// <summary>Drop it.</summary>
/// <param name="Slot">Its name.</param>
/// <param name="Why">In words, for the log.</param>
/// <param name="GivenUp">It is not made again before its node streams.</param>
public sealed record DropSlot(string Slot, string Why, bool GivenUp) : SlotChange(Slot);

/// <summary>What the slots on the local node are kept for.</summary>
/// <param name="Slots">The other configured nodes, each with the name of its slot.</param>
/// <param name="KeepBytes">More than that is held back for no node that is away.</param>
/// <param name="GivenUp">Slots that were dropped because they held back too much.</param>
public sealed record SlotWishes(IReadOnlyDictionary<string, string> Slots, ulong KeepBytes, IReadOnlySet<string> GivenUp);

/// <summary>
/// Which physical slots a node keeps for the others, as primary and as standby, and how far they are advanced: WAL is kept for each from
/// where that node surely has it, so that it finds it here, whoever is primary when it comes back. Pure.
/// </summary>
public static class PhysicalSlotRules
{
    /// <summary>What is to be done on a node; nothing while its server does not answer.</summary>
    public static IReadOnlyList<SlotChange> For(string node, ClusterView view, SlotWishes wishes)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(wishes);
        if (view[node].Sql is not { } sql)
            return [];
        var left = sql.Slots.Where(s => !s.Active && !wishes.Slots.Values.Contains(s.Name))
            .Select(s => (SlotChange)new DropSlot(s.Name, "it is no other configured node's", GivenUp: false));
        var wanted = wishes.Slots.Select(w => One(view[node], view.Nodes.FirstOrDefault(n => n.Node == w.Key), w.Value, view, wishes));
        return [.. left, .. wanted.OfType<SlotChange>()];
    }

    private static SlotChange? One(NodeObservation own, NodeObservation? other, string name, ClusterView view, SlotWishes wishes)
    {
        if (own.Sql!.Slots.FirstOrDefault(s => s.Name == name) is not { } slot)
            return wishes.GivenUp.Contains(name) && !OnLine(other, own, view) ? null : new CreateSlot(name);
        if (slot.Active)
            return null;
        if (slot.Lost)
            return new DropSlot(name, "PostgreSQL keeps no WAL for it any more (max_slot_wal_keep_size)", GivenUp: true);
        if (other is not null && Confirmed(own, other, name, view) is { } confirmed && confirmed > slot.RestartLsn)
            return new AdvanceSlot(name, confirmed);
        // What the server needs for its own recovery it keeps anyway.
        return slot.HoldsBytes > wishes.KeepBytes && slot.RestartLsn < own.Control?.Redo
            ? new DropSlot(name, $"it held back {slot.HoldsBytes >> 20} MB of WAL, more than postgres.slot_keep_size", GivenUp: true)
            : null;
    }

    /// <summary>Up to where the other node surely has this node's WAL, by itself and by the primary's slot for it; null where nothing is known.</summary>
    private static Lsn? Confirmed(NodeObservation own, NodeObservation other, string name, ClusterView view)
    {
        if (view.Primary is not { } primary || !OnLine(own, own, view))
            return null;
        if (other.Node == primary.Node)
            return own.Control?.Redo; // it has all that this one has; a rewind would begin at the last common checkpoint
        Lsn? itself = OnLine(other, own, view) ? other.Sql!.Receive : null;
        var primarys = own.Node == primary.Node ? null : primary.Sql?.Slots.FirstOrDefault(s => s.Name == name && !s.Lost)?.RestartLsn;
        return itself is { } a && primarys is { } b ? Lsn.Min(a, b) : itself ?? primarys;
    }

    /// <summary>It is the primary, or streams from it, or from one that does, on the same timeline as this node.</summary>
    private static bool OnLine(NodeObservation? node, NodeObservation own, ClusterView view)
    {
        if (view.Primary is not { } primary || node is null || node.Sql?.Timeline is not { } timeline || timeline != own.Sql?.Timeline || timeline != primary.Sql?.Timeline)
            return false;
        return node.Node == primary.Node || (node.State == NodeState.Standby && node.UpstreamNode is { } from
            && (from == primary.Node || view.Nodes.Any(n => n.Node == from && n is { State: NodeState.Standby, UpstreamNode: { } first } && first == primary.Node)));
    }
}
