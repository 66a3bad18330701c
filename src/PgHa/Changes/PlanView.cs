using PgHa.Client.Operations;
using PgHa.Terminal;

namespace PgHa.Changes;

/// <summary>A plan before it is carried out: its steps, what it rests on, and what is lost.</summary>
internal static class PlanView
{
    internal static IEnumerable<string> Lines(OperationReport plan, ClusterChange change, Screen screen)
    {
        yield return screen.Paint(plan.Goal, Colour.Bold);
        yield return "";
        var stage = -1;
        foreach (var step in plan.Steps)
        {
            var number = step.Stage == stage ? "" : $"{step.Stage}.";
            stage = step.Stage;
            foreach (var line in Folded.Lines($"{number,5} ", step.Step + Mark(step), screen))
                yield return line;
        }
        foreach (var line in Section("rests on", plan.Evidence, screen).Concat(Section("you answer for", plan.Overrides, screen)).Concat(Section("lost", Losses(plan, change), screen)))
            yield return line;
    }

    private static string Mark(StepReport step) => step.State == StepState.Done ? " (checked)" : step.Final ? " (from here on nothing is undone)" : "";

    /// <summary>What does not come back when it is carried out.</summary>
    internal static IReadOnlyList<string> Losses(OperationReport plan, ClusterChange change)
    {
        string[] lost =
        [
            .. plan.Steps.Where(s => s.Curl.Contains("/node/salvage", StringComparison.Ordinal)).Select(s => $"what only {s.Node} holds is given up, after it was salvaged and its commits listed (pgha salvage)"),
            .. change.Unlogged is null ? [] : (string[])["the rows of unlogged tables"],
            .. plan.NotCarried.Select(slot => $"not carried: {slot}"),
        ];
        return lost.Length > 0 ? lost : ["nothing"];
    }

    private static IEnumerable<string> Section(string label, IReadOnlyList<string> texts, Screen screen)
    {
        if (texts.Count == 0)
            yield break;
        yield return "";
        foreach (var (text, i) in texts.Select((t, i) => (t, i)))
            foreach (var line in Folded.Lines((i == 0 ? label : "").PadRight(16), CommandWords.In(text), screen))
                yield return line;
    }
}
