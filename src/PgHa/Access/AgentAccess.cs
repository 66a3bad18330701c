using PgHa.Client.Calls;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Terminal;

namespace PgHa.Access;

/// <summary>The agents that a command may ask, and what it shows them.</summary>
/// <param name="Places">In the order in which they are asked; at least one.</param>
internal sealed record AgentAccess(IReadOnlyList<AgentPlace> Places)
{
    private readonly Dictionary<Uri, AgentClient> _clients = [];

    /// <summary>The clock of all commands.</summary>
    internal static TimeProvider Clock => TimeProvider.System;

    /// <summary>The agent that is asked first: beside an agent that of this node.</summary>
    internal AgentClient Own => At(Places[0]);

    /// <summary>The agent of a node that another agent has named.</summary>
    internal AgentClient Of(ClusterMember member) => new Uri(member.Agent) is var address && address == Places[0].Address ? At(Places[0]) : At((Others ?? Places[0]) with { Node = member.Name, Address = address });

    /// <summary>What agents that are not asked first are shown; null: the same as that.</summary>
    internal AgentPlace? Others { get; init; }

    /// <summary>The cluster at one look, and the agent that has answered: where the first does not, all others are asked.</summary>
    internal async Task<Answer<Look>> LookAsync(CancellationToken cancel)
    {
        var first = await LookAsync(Own, cancel);
        if (first.IsOk || first.Refusal.Code != Code.PeerUnreachable || Places.Count == 1)
            return first;
        var asked = Places.Skip(1).Select(p => LookAsync(At(p), cancel)).ToList();
        while (asked.Count > 0)
        {
            var done = await Task.WhenAny(asked);
            if ((await done).IsOk)
                return (await done).Value! with { InsteadOf = first.Refusal };
            asked.Remove(done);
        }
        return first.Refusal with { Message = $"{first.Refusal.Message}; nor does any other of {Places.Count} agents" };
    }

    /// <summary>One of an older version only says what it sees of the nodes.</summary>
    private static async Task<Answer<Look>> LookAsync(AgentClient agent, CancellationToken cancel)
    {
        var status = await agent.ClusterStatusAsync(cancel);
        if (status.IsOk)
            return new Look(agent, status.Value);
        if (status.Refusal.Code != Code.Invalid)
            return status.Refusal;
        var nodes = await agent.ClusterAsync(cancel);
        return nodes.IsOk ? new Look(agent, new()
        {
            Cluster = nodes.Value.Select(n => n.Identity?.Cluster).FirstOrDefault(c => c is not null) ?? "?",
            Asked = agent.Name,
            Nodes = [.. nodes.Value.Select(n => new NodeStatus { Seen = n })],
        }) : nodes.Refusal;
    }

    private AgentClient At(AgentPlace place) => _clients.TryGetValue(place.Address, out var known) ? known : _clients[place.Address] = new(place);
}

/// <summary>What an agent has said of the cluster.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Status">What it said.</param>
internal sealed record Look(AgentClient Agent, ClusterStatus Status)
{
    /// <summary>Why the one that was asked first has not answered; null: it has.</summary>
    internal Refusal? InsteadOf { get; init; }

    /// <summary>Why there is no such node; null: there is.</summary>
    internal Refusal? RefuseName(string? node) => node is null || Status.Nodes.Any(n => n.Seen.Node == node) ? null
        : new(Code.Invalid, $"there is no node {Shown.Of(node)}", $"nodes: {string.Join(", ", Status.Nodes.Select(n => n.Seen.Node))}");

    /// <summary>A node as its agent's configuration lists it.</summary>
    internal ClusterMember? Member(string node) => Status.Nodes.Select(n => n.Seen.Identity).FirstOrDefault(i => i is not null)?.Nodes.FirstOrDefault(n => n.Name == node);
}
