using PgHa.Access;
using PgHa.Client;
using PgHa.Client.Calls;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Commands;
using PgHa.Terminal;

namespace PgHa.Changes;

/// <summary>
/// Settings on all nodes: operations one after the other. The agent says before each what is left to do, from what it sees then; so whoever is interrupted repeats the command, and nothing is done twice.
/// </summary>
/// <param name="session">What was typed.</param>
/// <param name="options">The options of every change.</param>
/// <param name="look">The cluster, and the agent that carries the operations out.</param>
/// <param name="asked">The settings.</param>
internal sealed class SetRun(Session session, ChangeOptions options, Look look, ClusterChange asked)
{
    private const string Again = "the same command again does what is left";
    private readonly List<OperationReport> _reports = [];
    private readonly ClusterChange _meant = ChangeRun.Meant(session, options, asked);

    /// <summary>For programs there is one document at the end, and what goes wrong on the way is text beside it.</summary>
    private readonly Session _shown = session.Screen.IsJson ? session with { Screen = session.Screen with { Output = TextWriter.Null, IsJson = false } } : session;

    private AgentClient Agent => look.Agent;

    private Screen Screen => _shown.Screen;

    /// <summary>Shows all that would be done, asks once, and does it; the exit code.</summary>
    internal async Task<int> RunAsync()
    {
        if (ChangeRun.Refuse(session, options) is { } refusal)
            return session.Screen.Refuse(refusal);
        var series = await AskAsync();
        if (!series.IsOk)
            return session.Screen.Refuse(ChangeRun.OfVersion(series.Refusal, "set/series"));
        if (await TryAsync(series.Value) is { } impossible)
            return session.Screen.Refuse(impossible);
        var dry = session.Value(options.DryRun);
        if (session.Screen.IsJson && dry)
            session.Screen.Json(series.Value, WireJson.Default.SettingsSeries);
        foreach (var line in SetView.Lines(series.Value, Screen))
            Screen.Line(line);
        if (dry || series.Value.Moves.Count == 0)
            return dry ? Exit.Done : Printed(Exit.Done);
        return session.Value(options.Yes) || await ChangeRun.AgreesAsync(session) ? Printed(await CarryOutAsync(series.Value)) : Exit.Refused;
    }

    private Task<Answer<SettingsSeries>> AskAsync() =>
        Agent.SettingsSeriesAsync(new() { Settings = _meant.Settings, By = _meant.By, Force = _meant.Force }, session.Cancel);

    /// <summary>What can be refused is refused before anything begins: the first operation, and the switchover, which can be planned already.</summary>
    private async Task<Refusal?> TryAsync(SettingsSeries series)
    {
        foreach (var move in series.Moves.Where((m, i) => (i == 0 && series.Waits is null) || m.Verb == "switchover"))
            if ((await Agent.ChangeAsync(move.Verb, Change(move) with { DryRun = true }, null, session.Cancel)).Refusal is { } refusal)
                return move.Verb == "switchover" ? refusal with { Hint = $"{refusal.Hint}; or --in-place, which restarts {move.Node} where it is" } : refusal;
        return null;
    }

    private ClusterChange Change(SettingsMove move) => move.Verb == "switchover" ? new() { Force = _meant.Force, Reason = _meant.Reason }
        : new() { Target = move.Node, Settings = _meant.Settings, By = move.By, Force = _meant.Force, Reason = _meant.Reason };

    private async Task<int> CarryOutAsync(SettingsSeries series)
    {
        SettingsMove? last = null;
        string? home = null;
        for (var number = 1; series.Moves.Count > 0; number++)
        {
            var move = series.Moves[0];
            if (move == last)
                return Screen.Refuse(new(Code.WrongState, $"{move.Words}: that was done, and is still to be done", "pgha status says what is wrong; another program may set it, too"));
            if (await DoAsync(move.Verb, Change(move), $"{number}: {move.Words}") is var code and not Exit.Done)
                return Left(code, series.Moves.Skip(1).Select(m => m.Words));
            (last, home) = (move, move.Verb == "switchover" ? home ?? move.Node : home);
            var next = await NextAsync();
            if (!next.IsOk)
                return next.Refusal is { } refused ? Left(Screen.Refuse(refused), []) : Exit.Detached;
            series = next.Value;
        }
        return home is null ? Exit.Done : await DoAsync("switchover", new() { Target = home, Force = _meant.Force, Reason = _meant.Reason }, $"switch over back to {home}");
    }

    private async Task<int> DoAsync(string verb, ClusterChange change, string words)
    {
        Screen.Line(Screen.Paint(words, Colour.Bold));
        var done = await ChangeRun.BeginAsync(_shown, Agent, verb, change);
        if (done.Report is { } report)
            _reports.Add(report);
        return done.Code == Exit.Done ? await LevelWait.RunAsync(session, Screen, Counts, Again) : done.Code;
    }

    /// <summary>A node that did not stream when it began is not waited for.</summary>
    private bool Counts(string node) => look.Status.Nodes.First(n => n.Seen.Node == node).Seen is { Serves: true } or { State: NodeState.Standby };

    /// <summary>What is left, as soon as it can go on; neither where the person left.</summary>
    private async Task<Answer<SettingsSeries>> NextAsync()
    {
        var (begun, said) = (AgentAccess.Clock.GetTimestamp(), "");
        try
        {
            while (true)
            {
                var series = await AskAsync();
                if (series is { IsOk: true, Value.Waits: null } || (!series.IsOk && series.Refusal.Code != Code.PeerUnreachable))
                    return series;
                var why = series.Refusal?.Message ?? series.Value!.Waits!;
                if (AgentAccess.Clock.GetElapsedTime(begun) > LevelWait.Patience)
                    return series.Refusal ?? new(Code.WrongState, $"waited 10 minutes: {why}", "pgha status says what is wrong");
                if (said.Length == 0)
                    Screen.Line(said = $"waits: {why}");
                await Task.Delay(LevelWait.LookAgain, AgentAccess.Clock, session.Cancel);
            }
        }
        catch (OperationCanceledException) when (session.Cancel.IsCancellationRequested)
        {
            Screen.Error.WriteLine($"ended between two operations: {Again}");
            return default;
        }
    }

    private int Left(int code, IEnumerable<string> moves)
    {
        var left = string.Join(", ", moves);
        Screen.Error.WriteLine($"{(left.Length == 0 ? "" : $"not begun: {left}. ")}{char.ToUpperInvariant(Again[0])}{Again[1..]}");
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
