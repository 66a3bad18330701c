using PgHa.Access;
using PgHa.Client;
using PgHa.Client.Calls;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Terminal;

namespace PgHa.Changes;

/// <summary>How an operation ended, as far as somebody looked.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Report">Its last report; null: it was not seen to its end.</param>
internal readonly record struct Followed(int Code, OperationReport? Report = null);

/// <summary>Shows an operation while it goes on, until it has ended. It goes on by itself: whoever stops looking changes nothing.</summary>
internal static class Following
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(150), Patience = TimeSpan.FromSeconds(60);

    /// <summary>Follows it to its end.</summary>
    internal static async Task<Followed> RunAsync(AgentClient agent, string id, Screen screen, CancellationToken cancel)
    {
        var block = new Block(screen);
        var silent = AgentAccess.Clock.GetTimestamp();
        try
        {
            while (true)
            {
                var asked = await agent.OperationAsync(id, cancel);
                if (asked.IsOk)
                {
                    silent = AgentAccess.Clock.GetTimestamp();
                    if (!screen.IsJson)
                        Show(block, asked.Value, screen);
                    if (HasEnded(asked.Value))
                        return new(End(asked.Value, screen), asked.Value);
                }
                else if (asked.Refusal.Code != Code.PeerUnreachable)
                    return new(screen.Refuse(asked.Refusal));
                else if (AgentAccess.Clock.GetElapsedTime(silent) > Patience)
                    return new(screen.Refuse(asked.Refusal with { Hint = $"the operation goes on, or is taken up when that agent is back: pgha operations {id} --follow" }));
                await Task.Delay(Every, AgentAccess.Clock, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            screen.Error.WriteLine($"detached: the operation goes on. pgha operations {id} --follow shows it again");
            return new(Exit.Detached);
        }
    }

    private static void Show(Block block, OperationReport report, Screen screen)
    {
        var (lines, final) = StepLines.Of(report, AgentAccess.Clock.GetUtcNow(), screen);
        block.Show(lines, final);
    }

    /// <summary>One that was interrupted is taken up by itself, when the agents are back.</summary>
    private static bool HasEnded(OperationReport report) =>
        report.State is OperationState.Done or OperationState.Failed or OperationState.Undone || report is { State: OperationState.Interrupted, Recovery.Ended: true };

    private static int End(OperationReport report, Screen screen)
    {
        var code = report.State == OperationState.Done || report.Recovery is { State: RecoveryState.Completed } ? Exit.Done : Exit.Failed;
        if (screen.IsJson)
            screen.Json(report, WireJson.Default.OperationReport);
        else
            foreach (var line in Summary(report, screen))
                screen.Line(line);
        if (code == Exit.Failed && report.Failure is { } failure && !screen.IsJson)
            screen.Refuse(failure);
        return code;
    }

    /// <summary>How it ended, in a line or two.</summary>
    internal static IEnumerable<string> Summary(OperationReport report, Screen screen)
    {
        var took = report.Ended is { } ended ? $" in {Sizes.Time((ended - report.Started).TotalSeconds)}" : "";
        var interrupted = report.WritesInterruptedMs is { } ms ? $"; writes were interrupted for {Sizes.Time(ms / 1000)}" : "";
        yield return report.State switch
        {
            OperationState.Done => screen.Paint($"done{took}{interrupted}", Colour.Green),
            OperationState.Undone => screen.Paint($"failed{took}, and what had been done was undone", Colour.Red),
            OperationState.Failed => screen.Paint($"failed{took}", Colour.Red),
            OperationState.Interrupted => screen.Paint($"interrupted: {report.Recovery?.Message ?? "it is taken up when the agents are back"}", Colour.Yellow),
            OperationState.Waiting => screen.Paint($"waits to be told to go on: pgha operations {report.Id} --continue, or --abandon", Colour.Yellow),
            _ => "running",
        };
        if (report.Left.Count > 0)
            yield return $"now: {string.Join(", ", report.Left.Select(n => $"{n.Key} {n.Value.Words()}"))}";
        foreach (var forced in report.Overrides)
            yield return $"answered for: {forced}";
        foreach (var slot in report.NotCarried)
            yield return $"not carried: {slot}";
    }
}
