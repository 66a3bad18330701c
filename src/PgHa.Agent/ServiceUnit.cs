using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace PgHa.Agent;

/// <summary>What systemd is told where it runs this agent as a unit of <c>Type=notify</c>: that it listens, begins anew, stops, and lives. Elsewhere nobody is told.</summary>
internal sealed partial class ServiceUnit
{
    private const string Socket = "NOTIFY_SOCKET", Microseconds = "WATCHDOG_USEC", Process = "WATCHDOG_PID";
    private readonly SystemdNotifier _systemd = new();
    private bool _complained;

    /// <summary>
    /// Takes the variables by which systemd asks for it out of this process: what it starts, PostgreSQL above all, would speak for the agent. An agent that begins anew has them again.
    /// </summary>
    /// <param name="environment">The variables that this process began with.</param>
    internal ServiceUnit(IReadOnlyDictionary<string, string> environment)
    {
        Watchdog = _systemd.IsEnabled ? ReadWatchdog(environment, Environment.ProcessId) : null;
        foreach (var variable in (string[])[Socket, Microseconds, Process])
            Environment.SetEnvironmentVariable(variable, null);
    }

    /// <summary>Within which time it has to hear again and again that the agent lives; null: it does not ask.</summary>
    internal TimeSpan? Watchdog { get; }

    /// <summary>That of the variables of a process; null if they are none, or mean another process.</summary>
    internal static TimeSpan? ReadWatchdog(IReadOnlyDictionary<string, string> environment, int process) =>
        environment.GetValueOrDefault(Process) is { } meant && meant != process.ToString(CultureInfo.InvariantCulture) ? null
        : long.TryParse(environment.GetValueOrDefault(Microseconds), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds is > 0 and < 1L << 50
            ? TimeSpan.FromMicroseconds(microseconds) : null;

    /// <summary>Tells the course of this run.</summary>
    internal void Follow(IHostApplicationLifetime lifetime, ConfigurationReload reload, string words, ILogger log)
    {
        lifetime.ApplicationStarted.Register(() => Tell($"READY=1\nSTATUS={words}", log));
        lifetime.ApplicationStopping.Register(() => Tell(reload.BeginsAgain ? "RELOADING=1\nSTATUS=begins anew with another configuration" : "STOPPING=1\nSTATUS=PostgreSQL runs on", log));
    }

    /// <summary>It lives.</summary>
    internal void Beat(ILogger log) => Tell("WATCHDOG=1", log);

    private void Tell(string state, ILogger log)
    {
        if (!_systemd.IsEnabled)
            return;
        try
        {
            _systemd.Notify(new ServiceState(state));
        }
        catch (SocketException e)
        {
            if (!_complained)
                LogUnheard(log, e.Message);
            _complained = true;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "systemd does not hear this agent: {Why}")]
    private static partial void LogUnheard(ILogger log, string why);
}
