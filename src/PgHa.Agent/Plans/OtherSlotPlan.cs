using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>What becomes of the physical slots of others where a node becomes primary (<see cref="OtherSlotRules"/>). Pure.</summary>
internal static class OtherSlotPlan
{
    /// <summary>Copies that are missing are made before anything stops, and what is not carried is named.</summary>
    /// <param name="move">Who moves.</param>
    /// <param name="target">The node that becomes primary.</param>
    /// <param name="own">The slots of the target.</param>
    /// <param name="theirs">Those of the node that was it last.</param>
    internal static CarriedSlots Physical(CarriedSlots move, NodeObservation target, Answer<SlotsReport> own, Answer<SlotsReport> theirs)
    {
        var source = move.Move!.Value.Source;
        if (theirs.Value is not { } original)
            return own.Value is { } here ? Unseen(move, source, here) : move;
        SlotFacts[] others = [.. original.Slots.Where(s => OtherSlotRules.IsOthers(s) && s.Name != own.Value?.UpstreamSlot)];
        if (own.Value is not { } mine)
            return Said(move, source, [], [.. others.Select(s => OtherSlotRules.Left(s.Name, $"the slots of {target.Node} cannot be read now ({own.Refusal!.Message})"))]);
        var canMake = mine.IsStandby && original.Running;
        var judged = others.Select(s => (s.Name, Why: Why(target, s, mine, canMake))).ToArray();
        return Said(move, source, [.. judged.Where(j => j.Why is null).Select(j => j.Name)], [.. judged.Where(j => j.Why is not null).Select(j => OtherSlotRules.Left(j.Name, j.Why!))]) with
        {
            Copies = canMake && others.Any(s => mine[s.Name] is null),
        };
    }

    private static string? Why(NodeObservation target, SlotFacts slot, SlotsReport mine, bool canMake) => OtherSlotRules.Uncarried(
        target.Node, Facts(slot), mine[slot.Name] is { } own ? Facts(own) : null, mine[slot.Name] is not { } there || (there.Copy is not null && !there.IsLogical),
        canMake ? target.Control?.Redo : null, target.Control?.WalSegmentSize ?? 1);

    /// <summary>Nobody knows any more where the consumers stand: what held their WAL at the last look does so now.</summary>
    private static CarriedSlots Unseen(CarriedSlots move, string source, SlotsReport here)
    {
        SlotFacts[] held = [.. here.Slots.Where(s => OtherSlotRules.IsOthers(s) && s.Copy is not null)];
        return Said(move, source, [.. held.Where(s => s.Copy!.Level).Select(s => s.Name)],
        [
            .. held.Where(s => !s.Copy!.Level).Select(s => OtherSlotRules.Left(s.Name, $"its consumer needed older WAL when {source} was seen last than {here.Node} keeps for it ({s.RestartLsn})")),
            .. here.MissingPhysical.Where(m => here[m]?.Copy is null).Select(m => OtherSlotRules.Left(m, $"{here.Node} had no copy of it when {source} was seen last")),
        ]);
    }

    private static CarriedSlots Said(CarriedSlots move, string source, string[] carried, string[] left) => move with
    {
        Evidence = carried.Length == 0 ? [] : [new PhysicalSlotsGo(source, [.. carried])],
        NotCarried = left,
    };

    private static PhysicalSlotFacts Facts(SlotFacts slot) => new(slot.Name, slot.ActivePid is not null, slot.RetainedBytes ?? 0, slot.RestartLsn, slot.Invalid is null ? null : "lost");
}
