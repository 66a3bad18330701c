using System.CommandLine;
using System.Globalization;
using PgHa.Access;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Terminal;

namespace PgHa.Commands;

/// <summary>Automatic failover as a person looks at it: <c>pgha explain</c>, <c>history</c>, <c>pause</c>, <c>resume</c>. They ask the agent that is asked first: beside one that of this node.</summary>
internal static class FailoverCommands
{
    internal static IEnumerable<Command> Create() =>
    [
        OperatorCommand.Of("explain", Help.Of("Say what this node's agent does about automatic failover, why, and what would happen if a node died now.", "pgha explain", "pgha explain --url http://pg-node02:8079"),
            [], ExplainAsync),
        OperatorCommand.Of("history", Help.Of("Show each time the record changed hands, and why.", "pgha history"), [], HistoryAsync),
        OfNode("pause", "Pause automatic failover in the whole cluster, or for one node: nothing is started or promoted by itself.", true),
        OfNode("resume", "Go on after a pause, in the whole cluster or for one node.", false),
    ];

    private static Command OfNode(string name, string description, bool paused)
    {
        var node = NodeNames.Argument("the node; without it the whole cluster");
        return OperatorCommand.Of(name, Help.Of(description, $"pgha {name}", $"pgha {name} pg-node02"), [node], s => PauseAsync(s, paused, s.Value(node)));
    }

    private static async Task<int> ExplainAsync(Session session)
    {
        var answer = await session.Access.Own.ExplainAsync(session.Cancel);
        if (!answer.IsOk)
            return session.Screen.Refuse(answer.Refusal);
        if (session.Screen.IsJson)
            session.Screen.Json(answer.Value, WireJson.Default.ExplainReport);
        else
            foreach (var line in Lines(answer.Value))
                session.Screen.Line(line);
        return Exit.Done;
    }

    private static IEnumerable<string> Lines(ExplainReport said)
    {
        yield return Holder(said) + (said.Paused ? "; PAUSED" : "") + (said.PausedNodes.Count > 0 ? $"; PAUSED for {string.Join(", ", said.PausedNodes)}" : "");
        yield return $"{said.Node}: {said.Reason}";
        yield return $"  rule {said.Row}: {said.Rule}{(said.Action == "None" ? "" : $"; {said.Action}")}";
        if (said.Trouble is { } trouble)
            yield return $"  not done: {trouble}";
        if (said.Sync is { } sync)
            yield return $"  {sync}";
        if (said.Hint is { } hint)
            yield return $"  hint: {CommandWords.In(hint)}";
        if (said.Scheduled is { } scheduled)
            yield return ScheduleCommand.Line(scheduled);
        foreach (var died in said.IfItDied)
            yield return $"if {died.Node} died now: {died.Then}";
    }

    private static string Holder(ExplainReport said) =>
        said.Manual ? $"no node holds the record: {said.Holder} has ended it for manual mode (epoch {said.Epoch})"
        : said.Holder is null ? "no node holds the record" : $"{said.Holder} holds the record, epoch {said.Epoch}{RunsOut(said)}";

    private static string RunsOut(ExplainReport said) => said.RunsOutIn switch
    {
        null => "",
        0 => "; it has run out",
        var left => string.Create(CultureInfo.InvariantCulture, $"; it runs out in {left:0.0} s if it is not renewed"),
    };

    private static async Task<int> HistoryAsync(Session session)
    {
        var answer = await session.Access.Own.HistoryAsync(session.Cancel);
        if (!answer.IsOk)
            return session.Screen.Refuse(answer.Refusal);
        if (session.Screen.IsJson)
            session.Screen.Json(answer.Value, WireJson.Default.HistoryEntryArray);
        else
            foreach (var entry in answer.Value)
                session.Screen.Line(Line(entry));
        return Exit.Done;
    }

    private static string Line(HistoryEntry entry) => string.Create(CultureInfo.InvariantCulture,
        $"{entry.At:yyyy-MM-dd HH:mm:ss}Z  epoch {entry.Epoch}  {entry.From ?? "-"} -> {entry.To}  timeline {entry.Timeline}{(entry.Took is { } took ? $"  after {took:0.0} s" : "")}  {entry.Cause}");

    private static async Task<int> PauseAsync(Session session, bool paused, string? node) =>
        await session.Access.Own.PauseAsync(paused, node, session.Cancel) is { } refusal ? session.Screen.Refuse(refusal) : Exit.Done;
}
