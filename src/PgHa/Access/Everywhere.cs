using PgHa.Client.Calls;
using PgHa.Client.Operations;
using PgHa.Commands;

namespace PgHa.Access;

/// <summary>Questions to the agents of one node or of all, where each knows only its own.</summary>
internal static class Everywhere
{
    /// <summary>Asks the agent of a node, or of all nodes at once. Who does not answer is said beside, and is no reason not to show the others.</summary>
    /// <param name="session">What was typed.</param>
    /// <param name="node">The node; null: all.</param>
    /// <param name="ask">The question.</param>
    /// <returns>The answers in the order of the configuration, with the agents that gave them; or why there is none at all.</returns>
    internal static async Task<Answer<(AgentClient Agent, T Value)[]>> AskAsync<T>(Session session, string? node, Func<AgentClient, Task<Answer<T>>> ask)
    {
        var look = await session.Access.LookAsync(session.Cancel);
        if (!look.IsOk)
            return look.Refusal;
        if (look.Value.RefuseName(node) is { } unknown)
            return unknown;
        AgentClient[] agents = [.. look.Value.Status.Nodes.Select(n => n.Seen.Node).Where(n => node is null || n == node).Select(n => look.Value.Member(n) is { } member ? session.Access.Of(member) : look.Value.Agent)];
        var answers = await Task.WhenAll(agents.Select(ask));
        (AgentClient Agent, T Value)[] given = [.. agents.Zip(answers).Where(a => a.Second.IsOk).Select(a => (a.First, a.Second.Value!))];
        var refused = answers.Where(a => !a.IsOk).Select(a => a.Refusal!).ToArray();
        if (given.Length == 0)
            return refused[0];
        foreach (var silent in refused)
            session.Screen.Error.WriteLine($"note: {silent.Message}");
        return given;
    }

    /// <summary>The agent of one node; without a name the one that is asked first.</summary>
    internal static async Task<Answer<AgentClient>> AgentOfAsync(Session session, string? node)
    {
        if (node is null)
            return session.Access.Own;
        var look = await session.Access.LookAsync(session.Cancel);
        return !look.IsOk ? look.Refusal : look.Value.RefuseName(node) is { } unknown ? unknown
            : look.Value.Member(node) is { } member ? session.Access.Of(member)
            : new Refusal(Code.PeerUnreachable, $"where the agent of {node} is, is not known: the one that was asked is of an older version", "ask it with --url");
    }
}
