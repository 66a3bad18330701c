using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Plans;

/// <summary>Make a standby's copy of one of the primary's physical slots.</summary>
/// <param name="Slot">Its name.</param>
/// <param name="Source">The primary.</param>
/// <param name="Reserve">From now on WAL is kept for it; otherwise from when its consumer streams with it.</param>
public sealed record CopySlot(string Slot, string Source, bool Reserve) : SlotChange(Slot);

/// <summary>Drop a standby's copy; never on a server that has become primary meanwhile.</summary>
/// <param name="Slot">Its name.</param>
/// <param name="Why">In words, for the log.</param>
public sealed record DropCopy(string Slot, string Why) : SlotChange(Slot);

/// <summary>What a standby does about the physical slots of others.</summary>
/// <param name="Changes">What is to be done.</param>
/// <param name="Copies">Its copies as they are, or will be then.</param>
/// <param name="Missing">Slots of the primary of which it has none.</param>
/// <param name="Left">Slots that a change of roles would not carry, and slots here that nobody uses, with the reason.</param>
public sealed record OtherSlots(IReadOnlyList<SlotChange> Changes, IReadOnlyDictionary<string, SlotCopy> Copies, IReadOnlyList<string> Missing, IReadOnlyList<string> Left);

/// <summary>
/// Physical slots that are not pgha's: of pg_receivewal, of a backup tool, of a standby beyond the cluster. Every standby keeps copies of the
/// primary's and advances them as their consumers get on, so that these find their slot, and their WAL, whoever is primary. A copy that was made
/// when its consumer still needed older WAL holds what it needs only once the consumer has passed it. What a standby has of its own is never
/// touched. Pure.
/// </summary>
public static class OtherSlotRules
{
    /// <summary>Whether a slot is carried by these rules.</summary>
    public static bool IsOthers(SlotFacts slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        return slot is { IsLogical: false, Temporary: false } && !slot.Name.StartsWith(SlotName.Prefix, StringComparison.Ordinal);
    }

    /// <summary>What is to be done on a node; null unless it streams from a primary whose slots are known.</summary>
    /// <param name="node">The node.</param>
    /// <param name="view">All nodes.</param>
    /// <param name="copyOf">What the node knows of a slot of its own as a copy; null for none.</param>
    /// <param name="keepBytes">A slot that nobody uses is named when it holds back more.</param>
    public static OtherSlots? For(string node, ClusterView view, Func<string, SlotCopy?> copyOf, ulong keepBytes)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(copyOf);
        if (view[node] is not { State: NodeState.Standby, Sql.OtherSlots: { } own, Control: { } control }
            || view.Primary is not { Sql.OtherSlots: { } theirs } primary || primary.Node == node)
            return null;
        var changes = new List<SlotChange>();
        var copies = new Dictionary<string, SlotCopy>();
        var left = new List<string>();
        PhysicalSlotFacts[] followed = [.. theirs.Where(s => s.Name != view[node].Sql!.UpstreamSlot)]; // its own is for nobody else
        foreach (var slot in followed)
        {
            var mine = own.FirstOrDefault(s => s.Name == slot.Name);
            var isCopy = mine is null || copyOf(slot.Name) is not null;
            if (Uncarried(node, slot, mine, isCopy, control.Redo, control.WalSegmentSize) is { } why)
                left.Add(Left(slot.Name, why));
            if (!isCopy)
                continue;
            changes.AddRange(Follow(slot, mine, primary.Node));
            if (!slot.Lost)
                copies[slot.Name] = new(primary.Node, Level: Covers(mine is null ? control.Redo : mine.RestartLsn, slot.RestartLsn, control.WalSegmentSize));
        }
        foreach (var mine in own.Where(s => !s.Active && followed.All(t => t.Name != s.Name)))
        {
            if (copyOf(mine.Name) is { } copy && copy.Source == primary.Node)
                changes.Add(new DropCopy(mine.Name, $"{primary.Node} has it no more, or for this node"));
            else if (copyOf(mine.Name) is not null || mine.HoldsBytes > keepBytes)
                left.Add($"physical slot {mine.Name} of {node} holds back {mine.HoldsBytes >> 20} MB of WAL, and {primary.Node} has none of that name: make it there, or drop it on {node}");
        }
        return new(changes, copies, [.. followed.Where(s => own.All(o => o.Name != s.Name) || copyOf(s.Name) is null).Select(s => s.Name)], left);
    }

    /// <summary>Why a consumer would not find on a node what it needs, once that is primary; null where it would.</summary>
    /// <param name="node">The node.</param>
    /// <param name="slot">The slot as the primary has it.</param>
    /// <param name="mine">The slot of that name on the node; null for none.</param>
    /// <param name="isCopy">Whether that is a copy.</param>
    /// <param name="redo">A slot that is made there keeps WAL from here on; null where none can be made any more.</param>
    /// <param name="segment">Bytes of a WAL segment: WAL is kept by whole segments.</param>
    public static string? Uncarried(string node, PhysicalSlotFacts slot, PhysicalSlotFacts? mine, bool isCopy, Lsn? redo, uint segment)
    {
        ArgumentNullException.ThrowIfNull(slot);
        if (slot.Lost)
            return "PostgreSQL keeps no WAL for it any more (max_slot_wal_keep_size)";
        if (!isCopy)
            return $"{node} has a slot of its own of that name";
        if (mine is null && redo is null)
            return $"{node} has no copy of it";
        var from = mine is null ? redo : mine.Lost ? null : mine.RestartLsn;
        return Covers(from, slot.RestartLsn, segment) ? null
            : $"its consumer needs WAL from {slot.RestartLsn} on, and {node} keeps {(from is null ? "none for it" : $"it only from {from} on")}";
    }

    /// <summary>How it is named that a slot is not carried.</summary>
    internal static string Left(string slot, string why) => $"{LeftPrefix}{slot} is not carried: {why}";

    /// <summary>Whether that was said of a slot of this kind.</summary>
    internal static bool IsLeft(string text) => text.StartsWith(LeftPrefix, StringComparison.Ordinal);

    private const string LeftPrefix = "physical slot ";

    /// <summary>What brings the copy to where the original is.</summary>
    private static IEnumerable<SlotChange> Follow(PhysicalSlotFacts slot, PhysicalSlotFacts? mine, string primary)
    {
        if (mine is { Active: true })
            yield break;
        if (mine is not null && (slot.Lost || mine.Lost || (mine.RestartLsn is null && slot.RestartLsn is not null)))
            yield return new DropCopy(slot.Name, slot.Lost ? $"PostgreSQL keeps no WAL for it on {primary} any more" : "it keeps no WAL, and is made anew");
        if (slot.Lost)
            yield break;
        if (mine is null || mine.Lost || (mine.RestartLsn is null && slot.RestartLsn is not null))
            yield return new CopySlot(slot.Name, primary, Reserve: slot.RestartLsn is not null);
        else if (slot.RestartLsn > mine.RestartLsn)
            yield return new AdvanceSlot(slot.Name, slot.RestartLsn.Value);
    }

    private static bool Covers(Lsn? from, Lsn? needed, uint segment) => needed is not { } need || (from is { } begin && begin.Value / segment <= need.Value / segment);
}
