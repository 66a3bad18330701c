using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>What is known of a node that cannot be asked itself: <see cref="WritableRules"/> weigh it against what the node may be, or hold.</summary>
/// <param name="Node">The node.</param>
/// <param name="Evidence">What that rests on: an operator's word, or facts.</param>
public sealed record Assurance(string Node, Evidence Evidence)
{
    /// <summary>Steps name only the nodes: what a step was told to accept, an operator, or the plan that begins with one, has answered for.</summary>
    public static IReadOnlyList<Assurance> OfStep(IEnumerable<string> accepted) => [.. accepted.Select(n => new Assurance(n, new NamedByStep()))];

    /// <summary>What somebody answered for in an operation that is undone or taken up: its journal names only the nodes.</summary>
    public static IReadOnlyList<Assurance> OfJournal(IEnumerable<string> answered) => [.. answered.Select(n => new Assurance(n, new AnsweredBefore()))];
}

/// <summary>What several assurances say.</summary>
public static class Assurances
{
    /// <summary>Whether one of them is of the node. All kinds answer for what it may be as well as for what it may hold; the rules themselves say what none can answer for.</summary>
    public static bool AnswerFor(this IEnumerable<Assurance> assurances, string node) => assurances.Any(a => a.Node == node);

    /// <summary>The nodes, as steps and the journal name them.</summary>
    public static string[] Names(this IEnumerable<Assurance> assurances) => [.. assurances.Select(a => a.Node)];
}
