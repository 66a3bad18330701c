using System.CommandLine;
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
        var root = new RootCommand("pgha: high availability for PostgreSQL, proven from its WAL.")
        {
            AgentCommand.Create(),
            ConfigCommand.Create(),
            GuardCommand.Create(),
            InspectCommand.Create(),
            EtcdCommand.Create(),
            EtcdCommand.CreateWitness(),
            RecordCommands.Create(),
            HandoverCommand.Create(),
            ScheduleCommand.Create(),
            ModeCommands.CreateManual(),
            ModeCommands.CreateAutomatic(),
            OperationCommands.Create(),
            CompletionCommand.Create(),
        };
        foreach (var command in StatusCommands.Create().Concat(ChangeCommands.Create()).Concat(WalCommands.Create()).Concat(SlotCommands.Create()).Concat(FailoverCommands.Create()))
            root.Add(command);
        return root;
    }
}
