using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>All other nodes of the configuration, asked at once through their agents.</summary>
internal sealed class Members(AgentOptions options, Lazy<ActingNodes> nodes, TimeProvider time) : IMembers
{
    /// <inheritdoc />
    public IReadOnlyList<string> Names { get; } = [.. options.Nodes.Select(n => n.Name).Where(n => n != options.Node)];

    /// <inheritdoc />
    public async Task<string?> AskAsync(PrimaryRecord own, TimeSpan holds, TimeSpan within, CancellationToken cancel)
    {
        var wanted = new StayRequest(own.Node, own.Epoch, own.Boot, (int)holds.TotalMilliseconds);
        using var late = new CancellationTokenSource(within, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        var said = await Task.WhenAll(Names.Select(async name => await AskOneAsync(nodes.Value[name], wanted, bound.Token)));
        cancel.ThrowIfCancellationRequested();
        return said.Any(s => s is not null) ? string.Join("; ", said.OfType<string>()) : null;
    }

    /// <summary>Null: it has promised exactly that.</summary>
    private static async Task<string?> AskOneAsync(IActingNode node, StayRequest wanted, CancellationToken cancel)
    {
        try
        {
            var answer = await node.PromiseAsync(wanted, cancel);
            return !answer.IsOk ? $"{node.Name}: {answer.Refusal.Message}" : answer.Value == wanted ? null : $"{node.Name} has promised something else";
        }
        catch (OperationCanceledException)
        {
            return $"{node.Name} does not answer in time";
        }
    }
}
