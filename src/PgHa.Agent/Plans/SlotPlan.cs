using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>Adds to a plan that makes a node primary what carries the logical slots there. Pure.</summary>
public static class SlotPlan
{
    /// <summary>Which node becomes primary, and which one was it last; null where none changes, or the slots are on the right node already.</summary>
    public static (string Target, string Source)? Move(Plan plan, ClusterView view, WalView wal)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(wal);
        if (plan.Stages.SelectMany(s => s).FirstOrDefault(s => s.Final)?.Node is not { } target)
            return null;
        var source = view.Primary?.Node ?? LastPrimary(target, view, wal) ?? view.Unknown.FirstOrDefault()?.Node;
        return source is null || source == target ? null : (target, source);
    }

    /// <summary>The plan with its slots.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="source">The node that was primary last.</param>
    /// <param name="own">The slots of the node that becomes primary.</param>
    /// <param name="theirs">Those of the source.</param>
    public static Plan Carry(Plan plan, string source, Answer<SlotsReport> own, Answer<SlotsReport> theirs)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!theirs.IsOk || !own.IsOk)
            return Unseen(plan, source, own, (theirs.Refusal ?? own.Refusal)!.Message);
        if (!theirs.Value.Slots.Any(SlotRules.IsCarried) && theirs.Value.Broken.Count == 0)
            return plan;
        var verdicts = StopsFirst(plan, own.Value.Node)
            ? SlotRules.WhileDown(own.Value, theirs.Value, asPrimary: true)
            : SlotRules.OnStandby(own.Value, theirs.Value);
        string[] left = [.. verdicts.Where(v => v.NotCarried is not null).Select(v => $"slot {v.Name} is not carried: {v.NotCarried}")];
        string[] carried = [.. verdicts.Where(v => v.NotCarried is null && theirs.Value[v.Name] is not null).Select(v => v.Name)];
        return plan with
        {
            Stages = [.. plan.Stages.SelectMany(stage => With(stage, plan, own.Value.Node, source))],
            Evidence = [.. plan.Evidence, .. carried.Length == 0 ? Array.Empty<string>() : [$"logical slots of {source} that go with it: {string.Join(", ", carried)}"]],
            NotCarried = left,
        };
    }

    /// <summary>Nobody knows any more where the consumers stand, nor which slots were made since: copies are safe by what is known of themselves.</summary>
    private static Plan Unseen(Plan plan, string source, Answer<SlotsReport> own, string why)
    {
        SlotFacts[] held = [.. (own.Value?.Slots ?? []).Where(SlotRules.IsCarried)];
        string[] safe = [.. held.Where(s => SlotRules.UnprovenAlone(s, own.Value!) is null).Select(s => $"{s.Name} at {s.ConfirmedFlush}")];
        return plan with
        {
            Evidence = [.. plan.Evidence, .. safe.Length == 0 ? Array.Empty<string>() : [$"logical slots of {source} go with it from where they were brought level last, and their consumers see repeats: {string.Join(", ", safe)}; what was made on {source} since then is not known"]],
            NotCarried = [.. held.Select(s => (s.Name, Why: SlotRules.UnprovenAlone(s, own.Value!))).Where(s => s.Why is not null)
                .Select(s => $"slot {s.Name} is not carried: it cannot be seen on {source} ({why}), and {s.Why}")],
        };
    }

    /// <summary>The node without standby.signal whose WAL reaches furthest: it was primary when it stopped.</summary>
    private static string? LastPrimary(string target, ClusterView view, WalView wal) => WritableRules.MostAdvanced(
        view.Nodes.Where(n => n is { Reachable: true, Down: true, StandbySignal: false, DataProblem: null }).OrderByDescending(n => n.Node == target), wal);

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
