using System.CommandLine;
using PgHa.Client;
using PgHa.Client.Calls;
using PgHa.Client.Operations;
using PgHa.Commands;
using PgHa.Terminal;

namespace PgHa.Changes;

/// <summary>The options of every command that changes something.</summary>
internal sealed class ChangeOptions
{
    internal Option<bool> Yes { get; } = new("--yes", "-y") { Description = "do not ask" };

    internal Option<bool> DryRun { get; } = new("--dry-run") { Description = "only show the plan" };

    internal Option<string?> Reason { get; } = new("--reason") { Description = "why; kept with the operation", HelpName = "TEXT" };

    internal Option<bool> Force { get; } = new("--force") { Description = "answer for what the agents cannot check; what that is, is named" };

    internal IEnumerable<Symbol> All => [Yes, DryRun, Force, Reason];
}

/// <summary>From the plan to the end: it is shown, a person agrees, and the steps are shown while they are carried out.</summary>
internal static class ChangeRun
{
    private const int Longest = 500, Attempts = 3;

    /// <summary>There is no terminal.</summary>
    internal static Refusal NobodyToAsk { get; } = new(Code.Invalid, "nobody can be asked here: this is no terminal", "--yes does it without asking");

    /// <summary>Carries it out.</summary>
    /// <param name="session">What was typed.</param>
    /// <param name="options">The options of every change.</param>
    /// <param name="agent">The agent that carries it out.</param>
    /// <param name="verb">What is asked for, as in <c>POST cluster/VERB</c>.</param>
    /// <param name="asked">Its fields.</param>
    internal static async Task<int> RunAsync(Session session, ChangeOptions options, AgentClient agent, string verb, ClusterChange asked)
    {
        var screen = session.Screen;
        if (Refuse(session, options) is { } refusal)
            return screen.Refuse(refusal);
        var change = Meant(session, options, asked);
        var (dry, yes) = (session.Value(options.DryRun), session.Value(options.Yes));
        var plan = await agent.ChangeAsync(verb, change with { DryRun = true }, null, session.Cancel);
        if (!plan.IsOk)
            return screen.Refuse(OfVersion(plan.Refusal, verb));
        if (screen.IsJson && dry)
            screen.Json(plan.Value, WireJson.Default.OperationReport);
        else if (!screen.IsJson)
            Show(plan.Value, change, screen);
        if (dry || plan.Value.Steps.Count == 0)
        {
            if (screen.IsJson && !dry)
                screen.Json(plan.Value, WireJson.Default.OperationReport);
            return Exit.Done;
        }
        return yes || await AgreesAsync(session) is true ? (await BeginAsync(session, agent, verb, change)).Code : Exit.Refused;
    }

    /// <summary>Why it is not even planned; null: it is.</summary>
    internal static Refusal? Refuse(Session session, ChangeOptions options)
    {
        if (session.Value(options.Reason) is { } reason && (reason.Length > Longest || reason.Any(char.IsControl)))
            return new(Code.Invalid, "--reason takes one line of text", $"at most {Longest} characters, without line breaks");
        return session.Value(options.DryRun) || session.Value(options.Yes) || session.Screen.CanAsk ? null
            : NobodyToAsk with { Hint = $"{NobodyToAsk.Hint}, --dry-run only shows the plan" };
    }

    /// <summary>With what the options of every change say.</summary>
    internal static ClusterChange Meant(Session session, ChangeOptions options, ClusterChange asked) => asked with { Force = session.Value(options.Force), Reason = session.Value(options.Reason) };

    private static void Show(OperationReport plan, ClusterChange change, Screen screen)
    {
        if (plan.Steps.Count == 0)
            screen.Line($"nothing to do: {(plan.Evidence.Count > 0 ? string.Join("; ", plan.Evidence) : plan.Goal)}");
        else
            foreach (var line in PlanView.Lines(plan, change, screen).Append(""))
                screen.Line(line);
    }

    /// <summary>Asks the person who looks.</summary>
    internal static async Task<bool> AgreesAsync(Session session)
    {
        try
        {
            if (await Question.AskAsync("carry it out?", session.Screen, session.Cancel))
                return true;
        }
        catch (OperationCanceledException) when (session.Cancel.IsCancellationRequested)
        {
            session.Screen.Line();
        }
        session.Screen.Line("nothing was done");
        return false;
    }

    /// <summary>With a key of its own: a call whose answer was lost is made again, and carried out once.</summary>
    internal static async Task<Followed> BeginAsync(Session session, AgentClient agent, string verb, ClusterChange change)
    {
        var key = Guid.NewGuid().ToString("N");
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var begun = await agent.ChangeAsync(verb, change, key, session.Cancel);
                if (begun.IsOk)
                    return await FollowAsync(session, agent, begun.Value.Id);
                if (begun.Refusal.Code != Code.PeerUnreachable)
                    return new(session.Screen.Refuse(begun.Refusal));
                if (attempt == Attempts)
                    return new(session.Screen.Refuse(begun.Refusal with { Hint = $"{begun.Refusal.Hint}; whether it was begun, pgha operations says" }));
            }
        }
        catch (OperationCanceledException) when (session.Cancel.IsCancellationRequested)
        {
            session.Screen.Error.WriteLine("detached before it was known whether it was begun: pgha operations says");
            return new(Exit.Detached);
        }
    }

    private static Task<Followed> FollowAsync(Session session, AgentClient agent, string id)
    {
        if (!session.Screen.IsJson)
            session.Screen.Line($"operation {id}{(session.Screen.IsTerminal ? ", Ctrl-C detaches" : "")}");
        return Following.RunAsync(agent, id, session.Screen, session.Cancel);
    }

    /// <summary>An agent of an older version does not know every call.</summary>
    internal static Refusal OfVersion(Refusal refusal, string verb) => refusal.Code == Code.Invalid && refusal.Message.Contains($"/cluster/{verb}", StringComparison.Ordinal)
        ? refusal with { Message = $"{refusal.Message}: this agent is of an older version", Hint = "bring all agents to the version of this command" } : refusal;
}
