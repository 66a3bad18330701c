using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using PgHa.Commands;
using PgHa.Inspect;

namespace PgHa;

/// <summary>The command line of <c>pgha</c>.</summary>
internal static class CommandLine
{
    /// <summary>Carries a command line out; its exit code (<see cref="Exit"/>).</summary>
    internal static async Task<int> RunAsync(string[] args, InvocationConfiguration invocation)
    {
        var parsed = Create().Parse(args);
        if (parsed.CommandResult.Command.Name == "guard")
            invocation.ProcessTerminationTimeout = null; // it hears signals itself
        var code = await parsed.InvokeAsync(invocation);
        return parsed.Action is ParseErrorAction ? Exit.Usage : code;
    }

    /// <summary>All commands.</summary>
    internal static RootCommand Create()
    {
        var root = new RootCommand("pgha: high availability for PostgreSQL, proven from its WAL.");
        foreach (var command in (IEnumerable<Command>)
        [
            .. StatusCommands.Create(), .. ChangeCommands.Create(), SetCommand.Create(), OperationCommands.Create(), ScheduleCommand.Create(),
            .. FailoverCommands.Create(), ModeCommands.CreateManual(), ModeCommands.CreateAutomatic(), RecordCommands.Create(), HandoverCommand.Create(),
            .. WalCommands.Create(), .. SlotCommands.Create(), InspectCommand.Create(), ConfigCommand.Create(), ReloadConfigCommand.Create(),
            AuditCommand.Create(), TokenCommand.Create(),
            AgentCommand.Create(), EtcdCommand.Create(), EtcdCommand.CreateWitness(), GuardCommand.Create(), CompletionCommand.Create(),
        ])
            root.Add(command);
        if (root.Options.OfType<HelpOption>().FirstOrDefault() is { Action: HelpAction whole } help)
            help.Action = new ShortList(whole);
        return root;
    }

    /// <summary>Help, in which a list of commands has a line for each: what more there is to say, and the examples, are in the help of each.</summary>
    private sealed class ShortList(HelpAction whole) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            foreach (var command in parseResult.CommandResult.Command.Subcommands)
                command.Description = command.Description?.Split('\n')[0];
            return whole.Invoke(parseResult);
        }
    }
}
