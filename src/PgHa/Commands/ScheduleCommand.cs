using System.CommandLine;
using System.Globalization;
using PgHa.Client;
using PgHa.Client.Calls;
using PgHa.Client.Operations;

namespace PgHa.Commands;

/// <summary><c>pgha schedule</c>: a switchover at a later time; without a time what is scheduled, and what became of the last one.</summary>
internal static class ScheduleCommand
{
    internal static Command Create()
    {
        var at = new Argument<string?>("time") { Description = "when, with an offset: 2030-01-31T03:00:00+01:00, or with Z; without it what is scheduled is shown", Arity = ArgumentArity.ZeroOrOne };
        var to = new Option<string?>("--to") { Description = "the node that becomes primary; without it the most advanced standby" };
        var by = new Option<string?>("--by") { Description = "promote (default) or restart" };
        var reason = new Option<string?>("--reason") { Description = "why; kept in the operation" };
        var cancels = new Option<bool>("--cancel") { Description = "cancel what is scheduled" };
        return AgentCommands.Of("schedule", Help.Of("Switch over at a later time (automatic mode).",
            "pgha schedule 2030-01-31T03:00:00+01:00 --to pg-node02 --reason \"kernel upgrade\"", "pgha schedule", "pgha schedule --cancel"), [at, to, by, reason, cancels], (agent, s) =>
            s.Value(at) is { } time ? AddAsync(agent, new() { At = time, Target = s.Value(to), By = s.Value(by), Reason = s.Value(reason) }, s)
            : s.Value(cancels) ? CancelAsync(agent, s) : ShowAsync(agent, s));
    }

    /// <summary>What is to be carried out, in a line.</summary>
    internal static string Line(ScheduledSwitchover scheduled) =>
        $"a switchover to {scheduled.Change.Target ?? "the most advanced standby"} is scheduled for {At(scheduled.At)}{(scheduled.Change.Reason is { } why ? $": {why}" : "")}";

    private static async Task<int> AddAsync(AgentClient agent, ClusterChange change, Session session)
    {
        var answer = await agent.ScheduleAsync(change, session.Cancel);
        if (!answer.IsOk)
            return session.Refuse(answer.Refusal);
        if (!session.Showed(answer.Value, WireJson.Default.ScheduledSwitchover))
            session.Say(Line(answer.Value));
        return Exit.Done;
    }

    private static async Task<int> CancelAsync(AgentClient agent, Session session) => await agent.CancelScheduledAsync(session.Cancel) is { } refusal ? session.Refuse(refusal) : Exit.Done;

    private static async Task<int> ShowAsync(AgentClient agent, Session session)
    {
        var answer = await agent.ScheduledAsync(session.Cancel);
        if (!answer.IsOk)
            return session.Refuse(answer.Refusal);
        if (session.Showed(answer.Value, WireJson.Default.ScheduleReport))
            return Exit.Done;
        session.Say(answer.Value.Scheduled is { } scheduled ? Line(scheduled) : "no switchover is scheduled");
        if (answer.Value.Last is { } last)
            session.Say($"the last one: {last.Fate.ToString().ToLowerInvariant()} on {last.Node} at {At(last.At)}: {last.Said}{(last.Operation is { } id ? $" (operation {id})" : "")}");
        return Exit.Done;
    }

    private static string At(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
