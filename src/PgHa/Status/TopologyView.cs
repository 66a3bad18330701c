using PgHa.Client.Facts;
using PgHa.Terminal;

namespace PgHa.Status;

/// <summary>Who streams from whom, as a tree: primaries first, then whoever streams from nobody.</summary>
internal static class TopologyView
{
    internal static IEnumerable<string> Lines(ClusterStatus status, Screen screen)
    {
        var nodes = status.Nodes.Select(n => n.Seen).ToArray();
        HashSet<string> shown = [];
        string[] lines = [.. nodes.Where(n => Upstream(n, nodes) is null).OrderByDescending(n => n.Serves).SelectMany(n => Branch(n, "", "", []))];
        return [.. lines, .. nodes.Where(n => !shown.Contains(n.Node)).SelectMany(n => shown.Contains(n.Node) ? [] : Branch(n, "", "", []))]; // two looks at different moments may show a ring

        IEnumerable<string> Branch(NodeObservation node, string mark, string indent, HashSet<string> above)
        {
            shown.Add(node.Node);
            yield return $"{mark}{screen.Paint(node.Node, node.Serves ? Colour.Bold : Colour.None)}  {Words(node, status)}";
            NodeObservation[] below = [.. nodes.Where(n => Upstream(n, nodes) == node.Node && !above.Contains(n.Node))];
            for (var i = 0; i < below.Length; i++)
                foreach (var line in Branch(below[i], indent + (i == below.Length - 1 ? "`- " : "|- "), indent + (i == below.Length - 1 ? "   " : "|  "), [.. above, node.Node]))
                    yield return line;
        }
    }

    private static string? Upstream(NodeObservation node, NodeObservation[] nodes) =>
        node.Sql is { Streaming: true } && node.UpstreamNode is { } upstream && nodes.Any(n => n.Node == upstream) ? upstream : null;

    private static string Words(NodeObservation node, ClusterStatus status)
    {
        if (!node.Reachable || node.State == NodeState.Unknown)
            return $"unknown: {node.Problem ?? "its server does not answer"}";
        var timeline = (node.Sql?.Timeline ?? node.Control?.Timeline) is { } id ? $", timeline {id}" : "";
        var lag = Lag.Of(status.Nodes.First(n => n.Seen == node), status) is { } behind ? $", {Sizes.Bytes(behind.ToReplay)} to replay" : "";
        return $"{node.State.Words()}{timeline}{lag}{(node.UpstreamOutside is { } outside ? $", streams from {outside}, which is none of the nodes" : "")}";
    }
}
