using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>How a node becomes primary, as far as its slots are concerned.</summary>
/// <param name="Down">It is down right before, or before it starts to be promoted: files can be placed then.</param>
/// <param name="Completed">It gets the WAL that it misses now: that is no limit then.</param>
public sealed record Becoming(bool Down, bool Completed);

/// <summary>Which logical slots go with the primary, and by which steps. Pure.</summary>
public static class SlotPlan
{
    /// <summary>What becomes of all slots where a node becomes primary. An undo serves first. Until the slots were read only who moves is known.</summary>
    /// <param name="target">The node that becomes primary.</param>
    /// <param name="how">How.</param>
    /// <param name="mandate">On whose word.</param>
    /// <param name="facts">What is known.</param>
    internal static CarriedSlots For(string target, Becoming how, Mandate mandate, PlanFacts facts)
    {
        if (mandate.IsUndo || Source(target, facts.View, facts.Wal) is not { } source)
            return CarriedSlots.None;
        var nothing = new CarriedSlots { Move = (target, source) };
        if (!facts.Slots.TryGetValue(target, out var own) || !facts.Slots.TryGetValue(source, out var theirs))
            return nothing;
        var logical = Logical(nothing, how, own, theirs);
        var physical = OtherSlotPlan.Physical(nothing, facts.View[target], own, theirs);
        return nothing with
        {
            Logical = logical.Logical,
            Copies = physical.Copies,
            Evidence = [.. logical.Evidence, .. physical.Evidence],
            NotCarried = [.. logical.NotCarried, .. physical.NotCarried],
        };
    }

    /// <summary>
    /// Which node was primary last; null where that is the target, whose slots are on the right node already. It was the one whose control
    /// file says so and whose WAL reaches furthest (standby.signal says what it is to be); where that one was left behind, rather one that
    /// cannot be looked at.
    /// </summary>
    private static string? Source(string target, ClusterView view, WalView wal)
    {
        if (view[target].DataProblem is not null)
            return null;
        var stopped = view.Nodes.Where(n => n is { Reachable: true, Down: true, Control.OfPrimary: true, DataProblem: null }).ToArray();
        var source = view.Primary?.Node
            ?? WritableRules.MostAdvanced(stopped.Where(n => !IsLeftBehind(n.Node, target, wal)).OrderByDescending(n => n.Node == target), wal)
            ?? view.Except(target).FirstOrDefault(n => (n.State == NodeState.Unknown && !n.Ending) || n.DataProblem is not null)?.Node
            ?? WritableRules.MostAdvanced(stopped, wal);
        return source == target ? null : source;
    }

    /// <summary>Where they could not be read now, the steps read them once more.</summary>
    private static CarriedSlots Logical(CarriedSlots move, Becoming how, Answer<SlotsReport> own, Answer<SlotsReport> theirs)
    {
        var source = move.Move!.Value.Source;
        if (theirs is { IsOk: false, Refusal: { } unseen })
            return Unseen(move with { Logical = unseen.Code != Code.PeerUnreachable }, source, own, unseen.Message);
        if (!theirs.Value!.Slots.Any(SlotRules.IsCarried) && theirs.Value.Broken.Count == 0)
            return move;
        if (own is { IsOk: false, Refusal: { } unread })
            return move with
            {
                Logical = true,
                NotCarried = [.. theirs.Value.Slots.Where(SlotRules.IsCarried).Select(s => $"slot {s.Name} may not be carried: the slots of its new node cannot be read now ({unread.Message})")],
            };
        var here = how.Completed ? own.Value! with { End = null } : own.Value!;
        var verdicts = how.Down ? SlotRules.WhileDown(here, theirs.Value, asPrimary: true) : SlotRules.OnStandby(here, theirs.Value);
        string[] carried = [.. verdicts.Where(v => v.NotCarried is null && theirs.Value[v.Name] is not null).Select(v => v.Name)];
        return move with
        {
            Logical = true,
            Evidence = carried.Length == 0 ? [] : [new LogicalSlotsGo(source, [.. carried])],
            NotCarried = [.. verdicts.Where(v => v.NotCarried is not null).Select(v => $"slot {v.Name} is not carried: {v.NotCarried}")],
        };
    }

    /// <summary>Nobody knows any more where the consumers stand, nor which slots were made since: copies are safe by what is known of themselves.</summary>
    private static CarriedSlots Unseen(CarriedSlots move, string source, Answer<SlotsReport> own, string why)
    {
        if (own.Value is not { } here)
            return move with { NotCarried = [$"the logical slots of {source} cannot be seen ({why}), nor those of its successor ({own.Refusal?.Message})"] };
        SlotFacts[] held = [.. here.Slots.Where(s => SlotRules.IsCarried(s) && SlotRules.IsOurs(s, here))];
        SlotStand[] safe = [.. held.Where(s => SlotRules.UnprovenAlone(s, here) is null).Select(s => new SlotStand(s.Name, s.ConfirmedFlush))];
        return move with
        {
            Evidence = safe.Length == 0 ? [] : [new LogicalSlotsGoUnseen(source, [.. safe], new(here.Node, here.End))],
            NotCarried =
            [
                .. held.Select(s => (s.Name, Why: SlotRules.UnprovenAlone(s, here))).Where(s => s.Why is not null).Select(s => $"slot {s.Name} is not carried: it cannot be seen on {source} ({why}), and {s.Why}"),
                .. here.Missing.Where(m => here[m] is null).Select(m => $"slot {m} is not carried: {here.Node} had no copy of it when {source} was seen last"),
            ],
        };
    }

    /// <summary>A node whose WAL ends before the target's was primary once, and not last.</summary>
    private static bool IsLeftBehind(string node, string target, WalView wal) =>
        wal.PositionOf(node) is { } theirs && wal.PositionOf(target) is { } own
        && (theirs.Timeline.Value, theirs.End).CompareTo((own.Timeline.Value, own.End)) < 0;
}
