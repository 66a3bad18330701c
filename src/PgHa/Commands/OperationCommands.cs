using System.CommandLine;
using System.Text.RegularExpressions;
using PgHa.Access;
using PgHa.Changes;
using PgHa.Client;
using PgHa.Client.Calls;
using PgHa.Client.Operations;
using PgHa.Terminal;

namespace PgHa.Commands;

/// <summary><c>pgha operations</c>: what was done, by all agents, and what is being done.</summary>
internal static partial class OperationCommands
{
    private const int Usual = 20;

    private const string About = """
        Show the operations of all agents, newest first; or one with its steps and what they rest on.

        Examples:
          pgha operations
          pgha operations 20300131T030000123-4f2a9c
          pgha operations 20300131T030000123-4f2a9c --follow     while it goes on
          pgha operations 20300131T030000123-4f2a9c --abandon    end one that waits, or whose agent is gone for good
        """;

    internal static Command Create()
    {
        var id = new Argument<string?>("id") { Description = "the operation", Arity = ArgumentArity.ZeroOrOne };
        var follow = new Option<bool>("--follow", "-f") { Description = "show its steps until it has ended" };
        var last = new Option<int>("--last") { Description = "how many are listed", DefaultValueFactory = _ => Usual, HelpName = "N" };
        var go = new Option<bool>("--continue") { Description = "let a stepwise operation go on to its end" };
        var abandon = new Option<bool>("--abandon") { Description = "end an operation that waits, or free the locks of one whose agent is gone for good" };
        return OperatorCommand.Of("operations", About, [id, follow, last, go, abandon], s => s.Value(id) is not { } one ? ListAsync(s, s.Value(last))
            : !Ids().IsMatch(one) ? Task.FromResult(s.Screen.Refuse(new(Code.Invalid, "this is no operation's id", "pgha operations lists them")))
            : OneAsync(s, one, (agent, report) => s.Value(abandon) ? AbandonAsync(s, agent, one) : s.Value(go) ? ContinueAsync(s, agent, one)
                : s.Value(follow) ? FollowAsync(agent, one, s) : Task.FromResult(Show(report, s.Screen))));
    }

    private static async Task<int> ListAsync(Session session, int last)
    {
        var all = await Everywhere.AskAsync(session, null, a => a.OperationsAsync(session.Cancel));
        if (!all.IsOk)
            return session.Screen.Refuse(all.Refusal);
        OperationReport[] shown = [.. all.Value.SelectMany(a => a.Value).OrderByDescending(o => o.Started).Take(Math.Max(1, last))];
        if (session.Screen.IsJson)
            session.Screen.Json(shown, WireJson.Default.OperationReportArray);
        else if (shown.Length == 0)
            session.Screen.Line("no operation is known");
        else
            List(shown, session.Screen);
        return Exit.Done;
    }

    private static void List(OperationReport[] shown, Screen screen)
    {
        var grid = new Grid(new("id"), new("node", Rank: 3), new("state"), new("took", Right: true, Rank: 1), new("goal"), new("reason", Rank: 2));
        foreach (var o in shown)
            grid.Add(o.Id, o.Coordinator, new(o.State.ToString().ToLowerInvariant(), o.State is OperationState.Done ? Colour.None : Colour.Yellow),
                o.Ended is { } ended ? Sizes.Time((ended - o.Started).TotalSeconds) : "", o.Goal, o.Reason ?? "");
        foreach (var line in grid.Lines(screen))
            screen.Line(line);
    }

    /// <summary>Each agent knows those it carries out itself.</summary>
    private static async Task<int> OneAsync(Session session, string id, Func<AgentClient, OperationReport, Task<int>> then)
    {
        var own = await session.Access.Own.OperationAsync(id, session.Cancel);
        if (own.IsOk)
            return await then(session.Access.Own, own.Value);
        if (own.Refusal.Code is not (Code.NotFound or Code.PeerUnreachable))
            return session.Screen.Refuse(own.Refusal);
        var all = await Everywhere.AskAsync(session, null, a => FindAsync(a, id, session.Cancel));
        return !all.IsOk ? session.Screen.Refuse(all.Refusal)
            : all.Value.FirstOrDefault(f => f.Value.Report is not null) is ({ } agent, { Report: { } report }) ? await then(agent, report)
            : session.Screen.Refuse(new(Code.NotFound, $"no agent knows an operation {id}", "pgha operations lists them"));
    }

    /// <summary>That an agent does not know it is an answer, too.</summary>
    private static async Task<Answer<Found>> FindAsync(AgentClient agent, string id, CancellationToken cancel)
    {
        var found = await agent.OperationAsync(id, cancel);
        return found.IsOk || found.Refusal.Code == Code.NotFound ? new Found(found.Value) : found.Refusal;
    }

    private sealed record Found(OperationReport? Report);

    private static int Show(OperationReport report, Screen screen)
    {
        if (screen.IsJson)
        {
            screen.Json(report, WireJson.Default.OperationReport);
            return Exit.Done;
        }
        screen.Line($"{screen.Paint(report.Goal, Colour.Bold)}{(report.Reason is { } why ? $" ({why})" : "")}");
        screen.Line($"{report.Id}, by the agent of {report.Coordinator}, begun {Sizes.At(report.Started)}");
        screen.Line();
        foreach (var (line, step) in StepLines.Of(report, AgentAccess.Clock.GetUtcNow(), screen).Lines.Zip(report.Steps))
        {
            screen.Line(line);
            foreach (var more in step.Evidence is { Length: > 0 } evidence ? Folded.Lines("          ", CommandWords.In(evidence), screen) : [])
                screen.Line(more);
        }
        screen.Line();
        foreach (var evidence in report.Evidence.SelectMany(e => Folded.Lines("rests on  ", CommandWords.In(e), screen)).Concat(Following.Summary(report, screen)))
            screen.Line(evidence);
        if (report.Failure is { } failure)
            foreach (var line in Folded.Lines("because   ", CommandWords.In(failure.Message), screen).Concat(Folded.Lines("hint      ", CommandWords.In(failure.Hint), screen)))
                screen.Line(line);
        return Exit.Done;
    }

    private static async Task<int> AbandonAsync(Session session, AgentClient agent, string id)
    {
        if (await agent.AbandonAsync(id, session.Cancel) is { } refusal)
            return session.Screen.Refuse(refusal);
        session.Screen.Line("abandoned");
        return Exit.Done;
    }

    private static async Task<int> ContinueAsync(Session session, AgentClient agent, string id)
    {
        var resumed = await agent.ResumeAsync(id, null, Guid.NewGuid().ToString("N"), session.Cancel);
        return resumed.IsOk ? await FollowAsync(agent, id, session) : session.Screen.Refuse(resumed.Refusal);
    }

    [GeneratedRegex(@"^[A-Za-z0-9][\w-]{0,63}$")]
    private static partial Regex Ids();

    private static async Task<int> FollowAsync(AgentClient agent, string id, Session session) => (await Following.RunAsync(agent, id, session.Screen, session.Cancel)).Code;
}
