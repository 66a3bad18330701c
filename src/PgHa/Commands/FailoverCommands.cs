using System.CommandLine;
using System.Globalization;
using PgHa.Client.Calls;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Commands;

/// <summary>Automatic failover as a person looks at it: <c>pgha explain</c>, <c>history</c>, <c>pause</c>, <c>resume</c>. They ask the agent of the configuration's node.</summary>
internal static class FailoverCommands
{
    internal static IEnumerable<Command> Create() =>
    [
        Of("explain", "Say what this node's agent does about automatic failover, why, and what would happen if a node died now.", ExplainAsync),
        Of("history", "Show each time the record changed hands, and why.", HistoryAsync),
        OfNode("pause", "Pause automatic failover in the whole cluster, or for one node: nothing is started or promoted by itself.", true),
        OfNode("resume", "Go on after a pause, in the whole cluster or for one node.", false),
    ];

    private static Command OfNode(string name, string description, bool paused)
    {
        var node = new Argument<string?>("node") { Description = "the node; without it the whole cluster", Arity = ArgumentArity.ZeroOrOne };
        return AgentCommands.Of(name, description, [node], (agent, parsed, cancel) => PauseAsync(agent, paused, parsed.GetValue(node), cancel));
    }

    private static Command Of(string name, string description, Func<AgentClient, CancellationToken, Task<int>> run) =>
        AgentCommands.Of(name, description, [], (agent, _, cancel) => run(agent, cancel));

    private static async Task<int> ExplainAsync(AgentClient agent, CancellationToken cancel)
    {
        var answer = await agent.ExplainAsync(cancel);
        if (!answer.IsOk)
            return Refuse(answer.Refusal);
        var said = answer.Value;
        Console.WriteLine(Holder(said) + (said.Paused ? "; PAUSED" : "") + (said.PausedNodes.Count > 0 ? $"; PAUSED for {string.Join(", ", said.PausedNodes)}" : ""));
        Console.WriteLine($"{said.Node}: {said.Reason}");
        Console.WriteLine($"  rule {said.Row}: {said.Rule}{(said.Action == "None" ? "" : $"; {said.Action}")}");
        if (said.Trouble is { } trouble)
            Console.WriteLine($"  not done: {trouble}");
        if (said.Sync is { } sync)
            Console.WriteLine($"  {sync}");
        if (said.Hint is { } hint)
            Console.WriteLine($"  hint: {hint}");
        if (said.Scheduled is { } scheduled)
            Console.WriteLine(ScheduleCommand.Line(scheduled));
        foreach (var died in said.IfItDied)
            Console.WriteLine($"if {died.Node} died now: {died.Then}");
        return 0;
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

    private static async Task<int> HistoryAsync(AgentClient agent, CancellationToken cancel)
    {
        var answer = await agent.HistoryAsync(cancel);
        if (!answer.IsOk)
            return Refuse(answer.Refusal);
        foreach (var entry in answer.Value)
            Console.WriteLine(Line(entry));
        return 0;
    }

    private static string Line(HistoryEntry entry) => string.Create(CultureInfo.InvariantCulture,
        $"{entry.At:yyyy-MM-dd HH:mm:ss}Z  epoch {entry.Epoch}  {entry.From ?? "-"} -> {entry.To}  timeline {entry.Timeline}{(entry.Took is { } took ? $"  after {took:0.0} s" : "")}  {entry.Cause}");

    private static async Task<int> PauseAsync(AgentClient agent, bool paused, string? node, CancellationToken cancel) =>
        await agent.PauseAsync(paused, node, cancel) is { } refusal ? Refuse(refusal) : 0;

    private static int Refuse(Refusal refusal) => AgentCommands.Refuse(refusal);
}
