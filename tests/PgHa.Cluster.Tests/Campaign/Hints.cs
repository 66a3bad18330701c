using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.Campaign;

/// <summary>The calls that the hint of a refusal names, and the nodes it means.</summary>
internal static partial class Hints
{
    /// <summary>At most one: where the hint leaves a choice, the number takes it.</summary>
    public static IEnumerable<(TestNode Node, string Call)> Of(TestCluster cluster, TestNode asked, Answer answer, int choice)
    {
        var calls = CallPattern().Matches(answer.Hint ?? "").Select(match => match.Value).Where(call => !call.Contains("force", StringComparison.Ordinal)).ToList();
        if (calls.Count == 0) yield break;
        var call = calls[choice % calls.Count];
        yield return (NodeMeant(cluster, asked, answer), call);
    }

    /// <summary>That of the hint, else for "there" that of the message, else the one that was asked.</summary>
    private static TestNode NodeMeant(TestCluster cluster, TestNode asked, Answer answer)
    {
        var inHint = Named(cluster, answer.Hint);
        var inMessage = (answer.Hint ?? "").Contains("there", StringComparison.Ordinal) ? Named(cluster, answer.Message) : null;
        return inHint ?? inMessage ?? asked;
    }

    private static TestNode? Named(TestCluster cluster, string? text) => NodePattern().Match(text ?? "") is { Success: true } match
        ? cluster.Nodes.First(node => node.Name == match.Value) : null;

    [GeneratedRegex(@"\b(POST|DELETE) (instance/|data/|node/|/api/pg/v2/operations/)[A-Za-z0-9/_\-]+(\?[a-zA-Z]+=[a-z]+)?")]
    private static partial Regex CallPattern();

    [GeneratedRegex(@"pg-node0\d")]
    private static partial Regex NodePattern();
}
