using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Guard;

/// <summary>
/// In manual mode, once: a guard that automatic mode has left on duty kills the server at its deadline, because nothing proves here that no other node takes the record. Only
/// <c>pgha manual</c> ends the record, and it is too late for that now.
/// </summary>
internal sealed partial class LeftGuard(AgentOptions options, TimeProvider time, ILogger<LeftGuard> log) : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var link = new GuardLink(options.Postgres.DataDir, options.State.Guard, "", time);
        if (await link.AskAsync(stoppingToken) is { } until && BootClock.Elapsed() is { } now && until > now)
            LogOnDuty(options.Node, (until - now).TotalSeconds);
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "{Node} still holds the record of automatic mode: its guard kills the server in {Seconds:F1} s; restart this agent with failover.mode: automatic before that, and call pgha manual first")]
    private partial void LogOnDuty(string node, double seconds);
}
