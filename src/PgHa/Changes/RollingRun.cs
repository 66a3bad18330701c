using PgHa.Client;
using PgHa.Client.Calls;
using PgHa.Client.Operations;
using PgHa.Commands;
using PgHa.Terminal;

namespace PgHa.Changes;

/// <summary>
/// A rolling restart: operations one after the other, each with a plan and an undo of its own. Between two of them the cluster is whole, so whoever is interrupted leaves it whole, and may begin again.
/// </summary>
/// <param name="session">What was typed.</param>
/// <param name="options">The options of every change.</param>
/// <param name="agent">The agent that carries them out.</param>
internal sealed class RollingRun(Session session, ChangeOptions options, AgentClient agent)
{
    private readonly List<OperationReport> _reports = [];

    /// <summary>For programs there is one document at the end, and what goes wrong on the way is text beside it.</summary>
    private readonly Session _shown = session.Screen.IsJson ? session with { Screen = session.Screen with { Output = TextWriter.Null, IsJson = false } } : session;

    private Screen Screen => _shown.Screen;

    /// <summary>Shows all plans, asks once, and carries the operations out; the exit code.</summary>
    internal async Task<int> RunAsync(IReadOnlyList<RollingMove> moves)
    {
        if (ChangeRun.Refuse(session, options) is { } refusal)
            return session.Screen.Refuse(refusal);
        if (moves.Count == 0)
        {
            Screen.Line("nothing to do: no setting waits for a restart");
            return Printed(Exit.Done);
        }
        if (await ShowAsync(moves) is { } refused)
            return refused;
        if (session.Value(options.DryRun))
            return Printed(Exit.Done);
        if (!session.Value(options.Yes) && !await ChangeRun.AgreesAsync(session))
            return Exit.Refused;
        foreach (var (move, number) in moves.Select((m, i) => (m, i + 1)))
            if (await CarryOutAsync(move, number) is var code and not Exit.Done)
                return Printed(code == Exit.Detached || number == moves.Count ? code : Stopped(code, moves, number));
        return Printed(Exit.Done);
    }

    /// <summary>What can be refused is refused before anything begins.</summary>
    private async Task<int?> ShowAsync(IReadOnlyList<RollingMove> moves)
    {
        var dry = session.Value(options.DryRun);
        foreach (var (move, number) in moves.Select((m, i) => (m, i + 1)))
        {
            Screen.Line(Screen.Paint($"{number} of {moves.Count}: {move.Words}", Colour.Bold));
            if (move.Later)
                Screen.Line("     planned when the one before is done");
            else
            {
                var plan = await agent.ChangeAsync(move.Verb, ChangeRun.Meant(session, options, move.Change) with { DryRun = true }, null, session.Cancel);
                if (!plan.IsOk)
                    return session.Screen.Refuse(plan.Refusal with { Hint = HintOf(move, plan.Refusal) });
                if (dry)
                    _reports.Add(plan.Value);
                foreach (var line in PlanView.Lines(plan.Value, move.Change, Screen).Skip(1))
                    Screen.Line(line);
            }
            Screen.Line("");
        }
        return null;
    }

    private static string HintOf(RollingMove move, Refusal refusal) => move.Verb == "switchover" ? $"{refusal.Hint}; or --primary in-place, which restarts it where it is" : refusal.Hint;

    private async Task<int> CarryOutAsync(RollingMove move, int number)
    {
        Screen.Line(Screen.Paint($"{number}: {move.Words}", Colour.Bold));
        var done = await ChangeRun.BeginAsync(_shown, agent, move.Verb, ChangeRun.Meant(session, options, move.Change));
        if (done.Report is { } report)
            _reports.Add(report);
        return done.Code == Exit.Done ? await LevelWait.RunAsync(session, Screen, _ => true, "pgha restart --rolling begins again") : done.Code;
    }

    private int Stopped(int code, IReadOnlyList<RollingMove> moves, int number)
    {
        var left = moves.Skip(number).ToArray();
        var way = left.All(m => m.Later) ? $"pgha switchover {left[0].Change.Target} does it" : "pgha restart --rolling --if-pending goes on with what waits for a restart";
        Screen.Error.WriteLine($"not begun: {string.Join(", ", left.Select(m => m.Words))}. {way}");
        return code;
    }

    /// <summary>One document: all reports.</summary>
    private int Printed(int code)
    {
        if (session.Screen.IsJson)
            session.Screen.Json([.. _reports], WireJson.Default.OperationReportArray);
        return code;
    }
}
