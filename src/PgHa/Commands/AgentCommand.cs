using System.CommandLine;
using Microsoft.Extensions.Hosting;
using PgHa.Agent;
using PgHa.Agent.Configuration;

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

    private static string? NotThere(FailoverOptions failover) =>
        failover.Watchdog is not null ? "failover.watchdog" : null;

    private static async Task<int> RunAsync(string file, CancellationToken cancel)
    {
        if (ConfigFile.Load(file) is not { Options: { } options } || !ConfigFile.TryReadToken(options, out var token) || !ConfigFile.TryReadCertificate(options, out var certificate))
            return 1;
        if (options.Failover is { Mode: FailoverMode.Automatic } failover && NotThere(failover) is { } missing)
        {
            await Console.Error.WriteLineAsync($"error: {missing} is not there yet in this version");
            await Console.Error.WriteLineAsync("  hint: leave it out");
            return 1;
        }
        if (!ConfigFile.TryConnect(options, out var etcd))
            return 1;
        try
        {
            Directory.CreateDirectory(options.StateDir);
            await using var app = AgentHost.Build(options, token, certificate, etcd);
            await ((IHost)app).RunAsync(cancel);
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message}");
            await Console.Error.WriteLineAsync($"  hint: is another agent running on {options.Listen}, and may this user write {options.StateDir}?");
            return 1;
        }
    }
}
