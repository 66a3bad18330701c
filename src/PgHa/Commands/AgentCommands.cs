using System.CommandLine;
using PgHa.Agent.Peers;
using PgHa.Agent.Security;
using PgHa.Client.Calls;
using PgHa.Client.Operations;

namespace PgHa.Commands;

/// <summary>Commands that ask the agent of the configuration's node.</summary>
internal static class AgentCommands
{
    /// <summary>A command with its own arguments and options, and what it asks.</summary>
    internal static Command Of(string name, string description, IEnumerable<Symbol> own, Func<AgentClient, ParseResult, CancellationToken, Task<int>> run)
    {
        var config = ConfigFile.Option();
        var command = new Command(name, description) { config };
        foreach (var symbol in own)
            if (symbol is Argument argument)
                command.Add(argument);
            else
                command.Add((Option)symbol);
        command.SetAction(async (parsed, cancel) => Load(parsed.GetValue(config)!) is { } agent ? await run(agent, parsed, cancel) : 1);
        return command;
    }

    /// <summary>The agent of a node; null: the configuration cannot be used, which was said, or has no such node.</summary>
    /// <param name="file">The configuration.</param>
    /// <param name="name">The node; null: the configuration's own.</param>
    internal static AgentClient? Load(string file, string? name = null) =>
        ConfigFile.Load(file) is { Options: { } options } && ConfigFile.TryReadToken(options, out var token) && options.Nodes.FirstOrDefault(n => n.Name == (name ?? options.Node)) is { } node
            ? PeerServices.Client(node, options, new AccessToken(token, TimeProvider.System), TimeProvider.System) : null;

    /// <summary>Says why not, and what helps.</summary>
    internal static int Refuse(Refusal refusal)
    {
        Console.Error.WriteLine($"error: {refusal.Message}");
        Console.Error.WriteLine($"  hint: {refusal.Hint}");
        return 1;
    }
}
