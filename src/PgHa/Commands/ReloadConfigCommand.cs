using System.CommandLine;
using PgHa.Access;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client;
using PgHa.Client.Calls;
using PgHa.Client.Operations;

namespace PgHa.Commands;

/// <summary><c>pgha reload-config</c>: the agents read their configuration again, without a restart of PostgreSQL.</summary>
internal static class ReloadConfigCommand
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100), Patience = TimeSpan.FromSeconds(60);

    internal static Command Create()
    {
        var node = NodeNames.Argument("the node (default: all)");
        return OperatorCommand.Of("reload-config",
            Help.Of("Let the agents read their configuration again. Where it has changed an agent begins anew with it, as soon as no operation of its own is under way; PostgreSQL runs on.",
                "pgha reload-config", "pgha reload-config pg-node02"), [node], session => RunAsync(session, session.Value(node)));
    }

    private static async Task<int> RunAsync(Session session, string? node)
    {
        var look = await session.Access.LookAsync(session.Cancel);
        if ((look.Refusal ?? look.Value?.RefuseName(node)) is { } unknown)
            return session.Screen.Refuse(unknown);
        var told = new List<ConfigurationChange>();
        Refusal? last = null;
        foreach (var name in look.Value!.Status.Nodes.Select(n => n.Seen.Node).Where(n => node is null || n == node))
        {
            var agent = look.Value.Member(name) is { } member ? session.Access.Of(member) : look.Value.Agent;
            var change = await AskAsync(agent, session);
            if (change.IsOk)
                told.Add(change.Value);
            else if (session.Screen.IsJson)
                session.Screen.Error.WriteLine($"error: {change.Refusal.Message}");
            else
                session.Screen.Refuse(change.Refusal);
            last = change.Refusal ?? last;
        }
        if (session.Screen.IsJson)
            session.Screen.Json([.. told], WireJson.Default.ConfigurationChangeArray);
        else
            await CompareAsync(session);
        return last is null ? Exit.Done : Exit.Of(last);
    }

    /// <summary>Returns when it answers with the new configuration.</summary>
    private static async Task<Answer<ConfigurationChange>> AskAsync(AgentClient agent, Session session)
    {
        var before = await agent.ObserveAsync(true, session.Cancel);
        if (!before.IsOk)
            return before.Refusal;
        var change = await agent.ReloadConfigAsync(session.Cancel);
        if (!change.IsOk)
            return change;
        var changed = change.Value.Changed;
        if (!session.Screen.IsJson)
            session.Screen.Line($"{change.Value.Node}: {(changed.Count == 0 ? "nothing has changed" : $"{string.Join(", ", changed)} {(changed.Count == 1 ? "has" : "have")} changed: its agent begins anew")}");
        return changed.Count == 0 || await HasBegunAnewAsync(agent, before.Value.BootId, session.Cancel) ? change
            : new Refusal(Code.WrongState, $"the agent of {change.Value.Node} has not begun anew within a minute", "it waits for an operation of its own (pgha operations); else its log says why");
    }

    private static async Task<bool> HasBegunAnewAsync(AgentClient agent, string run, CancellationToken cancel)
    {
        var begun = AgentAccess.Clock.GetTimestamp();
        while ((await agent.ObserveAsync(true, cancel)).Value is not { } now || now.BootId == run)
        {
            if (AgentAccess.Clock.GetElapsedTime(begun) > Patience)
                return false;
            await Task.Delay(LookAgain, AgentAccess.Clock, cancel);
        }
        return true;
    }

    private static async Task CompareAsync(Session session)
    {
        var look = await session.Access.LookAsync(session.Cancel);
        if (look.IsOk && AgreementRules.Refuse(new ClusterView([.. look.Value.Status.Nodes.Select(n => n.Seen)])) is { } differ)
            session.Screen.Line($"note: {differ.Message}");
    }
}
