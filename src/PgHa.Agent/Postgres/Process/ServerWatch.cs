using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Configuration;
using PgHa.Client.Facts;
using PgHa.Formats.Control;

namespace PgHa.Agent.Postgres;

/// <summary>Says when the server's postmaster has ended, and how: at once, whether anybody asks or not.</summary>
internal sealed partial class ServerWatch(AgentOptions options, KnownServer known, DataDirectory data, StepTrace trace, IHostApplicationLifetime lifetime, ILogger<ServerWatch> log) : IHostedService
{
    /// <summary>A step that stopped the server may end before its end is noticed here.</summary>
    private static readonly TimeSpan JustNow = TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        known.Watch(server => _ = AwaitEndAsync(server));
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task AwaitEndAsync(ServerProcess server)
    {
        await server.EndAsync(lifetime.ApplicationStopping);
        if (!lifetime.ApplicationStopping.IsCancellationRequested)
            Tell(server.Pid);
    }

    private void Tell(int pid)
    {
        var control = data.ReadControl();
        var shutDown = control.IsOk && control.Value.State is DbState.ShutDown or DbState.ShutDownInRecovery;
        if (trace.Acting(JustNow) is { } step && (step.Running || shutDown))
            LogEnded(pid, step.Step ?? "", step.Operation);
        else if (shutDown)
            LogShutDown(pid);
        else
            LogDied(pid, control.IsOk ? $"its control file says {control.Value.State.Words()}" : $"its control file cannot be read ({control.Error})", options.Node);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "the server (postmaster {Pid}) has ended; what is done here: {Step} ({Operation})")]
    private partial void LogEnded(int pid, string step, string operation);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the server (postmaster {Pid}) was shut down, and not by pgha")]
    private partial void LogShutDown(int pid);

    [LoggerMessage(Level = LogLevel.Error, Message = "the server (postmaster {Pid}) died: {How}; POST instance/current on {Node} starts it again")]
    private partial void LogDied(int pid, string how, string node);
}
