using System.CommandLine;
using PgHa.Access;
using PgHa.Terminal;

namespace PgHa.Commands;

/// <summary>What a command of the operator has: how the agents are reached, where it writes, and what was typed.</summary>
internal sealed record Session(AgentAccess Access, Screen Screen, ParseResult Parsed, CancellationToken Cancel)
{
    /// <summary>The value of an argument.</summary>
    internal T? Value<T>(Argument<T> argument) => Parsed.GetValue(argument);

    /// <summary>The value of an option.</summary>
    internal T? Value<T>(Option<T> option) => Parsed.GetValue(option);
}

/// <summary>Commands that ask agents: beside one without options, and from any machine.</summary>
internal static class OperatorCommand
{
    /// <summary>A command with its own arguments and options.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does, and examples.</param>
    /// <param name="own">Its own arguments and options.</param>
    /// <param name="run">What it does; its exit code.</param>
    internal static Command Of(string name, string description, IEnumerable<Symbol> own, Func<Session, Task<int>> run)
    {
        var (access, json) = (new AccessOptions(), new Option<bool>("--json") { Description = "JSON for programs, as the agent answered it" });
        var command = new Command(name, description);
        foreach (var symbol in own)
            if (symbol is Argument argument)
                command.Add(argument);
            else
                command.Add((Option)symbol);
        command.Add(json);
        access.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var screen = Screen.Of(parsed.InvocationConfiguration, parsed.GetValue(json));
            var reached = access.Read(parsed);
            return reached.IsOk ? await run(new(reached.Value, screen, parsed, cancel)) : screen.Refuse(reached.Refusal);
        });
        return command;
    }
}
