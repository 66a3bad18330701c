using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Adds to a plan that makes a node primary what carries the logical slots there. Pure.</summary>
public static class SlotPlan
{
    /// <summary>
    /// Which node becomes primary, and which one was it last; null where none changes, or the slots are on the right node already. It was the
    /// one whose control file says so and whose WAL reaches furthest (standby.signal says what it is to be); where that one was left behind, rather one that cannot be looked at.
    /// </summary>
    public static (string Target, string Source)? Move(Plan plan, ClusterView view, WalView wal)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(wal);
        if (plan.Stages.SelectMany(s => s).FirstOrDefault(s => s.Final)?.Node is not { } target || view[target].DataProblem is not null)
            return null;
        var stopped = view.Nodes.Where(n => n is { Reachable: true, Down: true, Control.OfPrimary: true, DataProblem: null }).ToArray();
        var source = view.Primary?.Node
            ?? WritableRules.MostAdvanced(stopped.Where(n => !IsLeftBehind(n.Node, target, wal)).OrderByDescending(n => n.Node == target), wal)
            ?? view.Except(target).FirstOrDefault(n => (n.State == NodeState.Unknown && !n.Ending) || n.DataProblem is not null)?.Node
            ?? WritableRules.MostAdvanced(stopped, wal);
        return source is null || source == target ? null : (target, source);
    }

    /// <summary>The plan with its slots. Where they could not be read now, the steps read them once more.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="source">The node that was primary last.</param>
    /// <param name="own">The slots of the node that becomes primary.</param>
    /// <param name="theirs">Those of the source.</param>
    public static Plan Carry(Plan plan, string source, Answer<SlotsReport> own, Answer<SlotsReport> theirs)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (theirs is { IsOk: false, Refusal: { } unseen })
            return Unseen(unseen.Code == Code.PeerUnreachable ? plan : WithSteps(plan, source), source, own, unseen.Message);
        if (!theirs.Value!.Slots.Any(SlotRules.IsCarried) && theirs.Value.Broken.Count == 0)
            return plan;
        if (own is { IsOk: false, Refusal: { } unread })
            return WithSteps(plan, source) with
            {
                NotCarried = [.. theirs.Value.Slots.Where(SlotRules.IsCarried).Select(s => $"slot {s.Name} may not be carried: the slots of its new node cannot be read now ({unread.Message})")],
            };
        var verdicts = StopsFirst(plan, own.Value!.Node)
            ? SlotRules.WhileDown(Reaching(own.Value, plan), theirs.Value, asPrimary: true)
            : SlotRules.OnStandby(Reaching(own.Value, plan), theirs.Value);
        string[] left = [.. verdicts.Where(v => v.NotCarried is not null).Select(v => $"slot {v.Name} is not carried: {v.NotCarried}")];
        string[] carried = [.. verdicts.Where(v => v.NotCarried is null && theirs.Value[v.Name] is not null).Select(v => v.Name)];
        return WithSteps(plan, source) with
        {
            Evidence = [.. plan.Evidence, .. carried.Length == 0 ? Array.Empty<string>() : [$"logical slots of {source} that go with it: {string.Join(", ", carried)}"]],
            NotCarried = left,
        };
    }

    private static Plan WithSteps(Plan plan, string source)
    {
        var target = plan.Stages.SelectMany(s => s).First(s => s.Final).Node;
        return plan with { Stages = [.. plan.Stages.SelectMany(stage => With(stage, plan, target, source))] };
    }

    /// <summary>What is missing now and will be there by then is no limit.</summary>
    private static SlotsReport Reaching(SlotsReport own, Plan plan) => plan.Stages.SelectMany(s => s).Any(s => s is CompleteWal or TakeOver) ? own with { End = null } : own;

    /// <summary>Nobody knows any more where the consumers stand, nor which slots were made since: copies are safe by what is known of themselves.</summary>
    private static Plan Unseen(Plan plan, string source, Answer<SlotsReport> own, string why)
    {
        if (own.Value is not { } here)
            return plan with { NotCarried = [$"the logical slots of {source} cannot be seen ({why}), nor those of its successor ({own.Refusal?.Message})"] };
        SlotFacts[] held = [.. here.Slots.Where(s => SlotRules.IsCarried(s) && SlotRules.IsOurs(s, here))];
        string[] safe = [.. held.Where(s => SlotRules.UnprovenAlone(s, here) is null).Select(s => $"{s.Name} at {s.ConfirmedFlush}")];
        return plan with
        {
            Evidence = [.. plan.Evidence, .. safe.Length == 0 ? Array.Empty<string>() :
            [
                $"logical slots of {source} go with it from where they were brought level last: {string.Join(", ", safe)}; their consumers see repeats, and one that stood beyond the end of the WAL of {here.Node}{(here.End is { } end ? $", {end}," : "")} has to begin anew",
            ]],
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

    /// <summary>Whether the node is down right before it becomes primary, or before it starts to be promoted: files can be placed then.</summary>
    private static bool StopsFirst(Plan plan, string target) =>
        plan.Stages.SelectMany(s => s).Any(s => s.Node == target && s is StartAsPrimary or StartInRecovery);

    private static IEnumerable<IReadOnlyList<Step>> With(IReadOnlyList<Step> stage, Plan plan, string target, string source)
    {
        if (stage.Any(s => s.Node == target && s is StartAsPrimary or StartInRecovery))
            yield return [new PlaceSlots(target, source)];
        if (stage.Any(s => s is HandOver || (s is PromoteServer && !StopsFirst(plan, target))))
            yield return [new LevelSlots(target, source)];
        yield return stage;
    }
}
