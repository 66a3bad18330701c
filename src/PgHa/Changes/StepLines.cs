using PgHa.Client.Operations;
using PgHa.Terminal;

namespace PgHa.Changes;

/// <summary>The steps of an operation as they go on, a line each.</summary>
internal static class StepLines
{
    /// <summary>The lines, and how many of the first ones will not change any more.</summary>
    internal static (IReadOnlyList<string> Lines, int Final) Of(OperationReport report, DateTimeOffset now, Screen screen)
    {
        var steps = report.Steps;
        var wide = steps.Select(s => s.Step.Length).DefaultIfEmpty().Max();
        return ([.. steps.Select(s => Line(s, report, wide, now, screen))], steps.TakeWhile(s => s.State is StepState.Done or StepState.Failed).Count());
    }

    private static string Line(StepReport step, OperationReport report, int wide, DateTimeOffset now, Screen screen)
    {
        var (mark, colour) = step.State switch
        {
            StepState.Done => ("ok", Colour.Green),
            StepState.Failed => ("FAIL", Colour.Red),
            StepState.Running => ("...", Colour.Yellow),
            StepState.Waiting => ("wait", Colour.Yellow),
            _ => ("", Colour.None),
        };
        var time = step.Milliseconds is { } took ? Sizes.Time(took / 1000)
            : step is { State: StepState.Running, At: { } at } ? Sizes.Time(Math.Max(0, (now - report.Started).TotalSeconds - (at / 1000)))
            : "";
        var room = screen.Width == int.MaxValue ? wide : Math.Max(20, screen.Width - 19);
        var text = step.Step + (step.State == StepState.Running && step.Evidence is { } progress ? $": {progress}" : "");
        text = text.Length <= room ? text.PadRight(Math.Min(wide, room)) : text[..(room - 3)] + "...";
        return $"  {screen.Paint(mark.PadRight(4), colour)}  {text}  {time}".TrimEnd();
    }
}
