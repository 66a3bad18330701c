using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Succession;

namespace PgHa.Agent;

/// <summary>
/// Tells systemd that this agent lives, for as long as its API answers a call and, in automatic mode, its rules are looked at. PostgreSQL, other nodes and etcd may be away: that is no reason to begin again.
/// </summary>
internal sealed partial class Heartbeat(ServiceUnit unit, OwnApi api, IServiceProvider services, TimeProvider time, ILogger<Heartbeat> log) : BackgroundService
{
    private const int Often = 4; // a beat may be lost, and one may be late

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loop = services.GetService<SuccessionLoop>();
        return unit.Watchdog is not { } within ? Task.CompletedTask
            : BeatAsync(within, LivesAsync, () => unit.Beat(log), () => LogSilent(within.TotalSeconds), time, stoppingToken);

        async Task<bool> LivesAsync(CancellationToken cancel) => await api.AnswersAsync(within / Often, cancel) && (loop is null || loop.SinceLook < within);
    }

    /// <summary>Beats until it is cancelled, and only after each time that it was found alive.</summary>
    /// <param name="within">Within which time a beat has to come.</param>
    /// <param name="lives">Whether it lives.</param>
    /// <param name="beat">What is done then.</param>
    /// <param name="silent">What is done at the first of several times that it does not.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Ends it.</param>
    internal static async Task BeatAsync(TimeSpan within, Func<CancellationToken, Task<bool>> lives, Action beat, Action silent, TimeProvider time, CancellationToken cancel)
    {
        for (var lived = true; ; await Task.Delay(within / Often, time, cancel))
        {
            var before = lived;
            lived = await lives(cancel);
            if (lived)
                beat();
            else if (before)
                silent();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "this agent does not answer its own call, or its rules are not looked at: if that lasts for {Seconds} s systemd restarts it")]
    private partial void LogSilent(double seconds);
}
