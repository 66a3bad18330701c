using Microsoft.Extensions.Hosting;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Succession;

/// <summary>
/// Whether this node's server shows that it works: a new connection is answered, and what was inserted into the WAL is flushed. An agent that is merely alive
/// does not keep the record for a server that hangs.
/// </summary>
/// <param name="options">For how long it may be silent.</param>
/// <param name="beats">Asks for a sign of life; bounded.</param>
/// <param name="stepRuns">A step is at work on the node.</param>
/// <param name="time">The clock.</param>
internal sealed class ServerPulse(FailoverOptions options, Func<CancellationToken, Task<bool>> beats, Func<bool> stepRuns, TimeProvider time) : BackgroundService
{
    private const int AsksInHangAfter = 5; // each is a new connection, with all that its login costs
    private readonly TimeAwake _clock = new(time);
    private TimeSpan _last;
    private TimeSpan _expectedSince;

    /// <summary>A server that is about to be started, or is being recovered, gets the time of a restart in place.</summary>
    internal void Expect() => _expectedSince = _clock.Now;

    /// <summary>
    /// How long ago it showed that it works. Time in which this agent did not run does not count, because nobody asked the server then. Nor does that of a step: a server that
    /// was just stopped and promoted has not been asked yet.
    /// </summary>
    internal TimeSpan Silent => _clock.Now - _last;

    /// <summary>It has shown that it works lately, or a step is at work on it, or it has time left to start.</summary>
    internal bool Lives => Silent < options.HangAfter || stepRuns() || _clock.Now - _expectedSince < options.RestartWithin;

    /// <summary>Asks again and again.</summary>
    internal async Task WatchAsync(CancellationToken cancel)
    {
        using var ticks = _clock.Run(PassSteps);
        while (!cancel.IsCancellationRequested)
        {
            if (await beats(cancel))
                _last = _clock.Now;
            await Task.Delay(options.HangAfter / AsksInHangAfter, time, cancel);
        }
    }

    private void PassSteps()
    {
        if (stepRuns())
            _last = _clock.Now;
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => WatchAsync(stoppingToken);
}
