using System.CommandLine;
using System.Globalization;
using PgHa.Agent.Peers;
using PgHa.Agent.Security;
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
        Of("pause", "Pause automatic failover in the whole cluster: nothing is started or promoted by itself.", (agent, cancel) => PauseAsync(agent, true, cancel)),
        Of("resume", "Go on after a pause.", (agent, cancel) => PauseAsync(agent, false, cancel)),
    ];

    private static Command Of(string name, string description, Func<AgentClient, CancellationToken, Task<int>> run)
    {
        var config = ConfigFile.Option();
        var command = new Command(name, description) { config };
        command.SetAction(async (parsed, cancel) =>
            Agent(parsed.GetValue(config)!) is { } agent ? await run(agent, cancel) : 1);
        return command;
    }

    /// <summary>The agent of the configuration's node; null: what is wrong was said.</summary>
    internal static AgentClient? Agent(string config) => ConfigFile.Load(config) is { Options: { } options } && ConfigFile.TryReadToken(options, out var token)
        ? PeerServices.Client(options.Nodes.First(n => n.Name == options.Node), options, new AccessToken(token, TimeProvider.System), TimeProvider.System) : null;

    private static async Task<int> ExplainAsync(AgentClient agent, CancellationToken cancel)
    {
        var answer = await agent.ExplainAsync(cancel);
        if (!answer.IsOk)
            return Refuse(answer.Refusal);
        var said = answer.Value;
        Console.WriteLine((said.Holder is null ? "no node holds the record" : $"{said.Holder} holds the record, epoch {said.Epoch}{RunsOut(said)}") + (said.Paused ? "; PAUSED" : ""));
        Console.WriteLine($"{said.Node}: {said.Reason}");
        Console.WriteLine($"  rule {said.Row}: {said.Rule}{(said.Action == "None" ? "" : $"; {said.Action}")}");
        if (said.Trouble is { } trouble)
            Console.WriteLine($"  not done: {trouble}");
        if (said.Sync is { } sync)
            Console.WriteLine($"  {sync}");
        if (said.Hint is { } hint)
            Console.WriteLine($"  hint: {hint}");
        foreach (var died in said.IfItDied)
            Console.WriteLine($"if {died.Node} died now: {died.Then}");
        return 0;
    }

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

    private static async Task<int> PauseAsync(AgentClient agent, bool paused, CancellationToken cancel) =>
        await agent.PauseAsync(paused, cancel) is { } refusal ? Refuse(refusal) : 0;

    internal static int Refuse(Refusal refusal)
    {
        Console.Error.WriteLine($"error: {refusal.Message}");
        Console.Error.WriteLine($"  hint: {refusal.Hint}");
        return 1;
    }
}
