using System.Text;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>What a failed test shows of its cluster: the calls, and the end of each log.</summary>
internal static class Report
{
    private const int LastCalls = 200;
    private const int LinesOfEachLog = 40;
    private const int CharactersOfEachLine = 600;

    /// <summary>The last calls and their answers.</summary>
    public static string Calls(TestCluster cluster) => string.Join('\n', cluster.Transcript.TakeLast(LastCalls));

    public static string Of(TestCluster cluster)
    {
        var text = new StringBuilder().AppendLine("--- calls").AppendLine(Calls(cluster));
        foreach (var node in cluster.Nodes)
        {
            AppendEnd(text, $"agent of {node.Name}", node.Agent.LogFile);
            AppendEnd(text, $"PostgreSQL of {node.Name}", node.Postgres.LogFile);
        }
        return text.ToString();
    }

    private static void AppendEnd(StringBuilder text, string title, string file)
    {
        text.AppendLine($"--- {title}");
        if (!File.Exists(file)) return;
        foreach (var line in File.ReadLines(file).TakeLast(LinesOfEachLog))
            text.AppendLine(line.Length > CharactersOfEachLine ? line[..CharactersOfEachLine] + "…" : line);
    }
}
