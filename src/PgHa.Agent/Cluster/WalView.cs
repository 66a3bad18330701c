using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Cluster;

/// <summary>The WAL of all reachable nodes, and how each relates to the node a decision turns on.</summary>
/// <param name="Focus">The node that is, or is to become, primary.</param>
/// <param name="Positions">What each node holds, or why it cannot say.</param>
/// <param name="Ancestry">Each other node's relation to the focus.</param>
public sealed record WalView(
    string Focus,
    IReadOnlyDictionary<string, Answer<WalPosition>> Positions,
    IReadOnlyDictionary<string, WalAncestry> Ancestry)
{
    /// <summary>No WAL was looked at: the decision does not need it.</summary>
    public static WalView None { get; } =
        new("", new Dictionary<string, Answer<WalPosition>>(), new Dictionary<string, WalAncestry>());

    /// <summary>The position of a node, if it could be told.</summary>
    public WalPosition? PositionOf(string node) => Positions.TryGetValue(node, out var answer) ? answer.Value : null;

    /// <summary>Why a node's position could not be told.</summary>
    public Refusal? ProblemOf(string node) => Positions.TryGetValue(node, out var answer) ? answer.Refusal : null;

    /// <summary>A node's relation to the focus.</summary>
    public WalAncestry Of(string node) =>
        Ancestry.TryGetValue(node, out var found) ? found : WalAncestry.Unproven(node, Focus, new WalNotAsked(node));
}
