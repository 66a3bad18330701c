using System.CommandLine;
using PgHa.Agent.Guard;

namespace PgHa.Commands;

/// <summary><c>pgha guard</c>: stops PostgreSQL when its deadline passes. The agent starts it.</summary>
internal static class GuardCommand
{
    internal static Command Create()
    {
        var data = new Option<string>("--data-directory") { Description = "the data directory whose server is stopped at the deadline", Required = true };
        var socket = new Option<string>("--socket") { Description = "where the agent reaches it", Required = true };
        var command = new Command("guard", "Stop this node's PostgreSQL when the agent does not move its deadline. Started by the agent, in automatic mode.") { data, socket };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(data)!, parsed.GetValue(socket)!));
        return command;
    }

    private static async Task<int> RunAsync(string data, string socket)
    {
        try
        {
            await GuardProcess.RunAsync(data, socket, TimeProvider.System);
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException or ArgumentException)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message}");
            return 1;
        }
    }
}
