using System.CommandLine;
using PgHa.Access;
using PgHa.Agent;

namespace PgHa.Commands;

/// <summary><c>pgha agent</c>: runs beside one PostgreSQL instance until SIGTERM, and never takes PostgreSQL with it.</summary>
internal static class AgentCommand
{
    internal static Command Create()
    {
        var config = ConfigFile.Option();
        var command = new Command("agent", "Run the agent beside this node's PostgreSQL, as the same user.") { config };
        command.SetAction((parsed, cancel) => RunAsync(parsed.GetValue(config)!, cancel));
        return command;
    }

    private static async Task<int> RunAsync(string file, CancellationToken cancel)
    {
        using var hangup = AgentHost.HearHangup();
        var (start, errors) = AgentStart.Read(file, ConfigFile.Environment(), AgentAccess.Clock);
        foreach (var error in errors)
            ConfigFile.Print(error);
        if (start is null)
            return 1;
        try
        {
            Directory.CreateDirectory(start.Options.StateDir);
            (var complete, var error) = start.WithLocalToken();
            if (error is not null)
                ConfigFile.Print(error);
            if (complete is null)
                return 1;
            if (await AgentHost.RunAsync(complete, cancel))
                AgentHost.BeginAgain(start.Environment);
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message}");
            await Console.Error.WriteLineAsync($"  hint: is another agent running on {start.Options.Listen}, and may this user write {start.Options.StateDir}?");
            return 1;
        }
    }
}
