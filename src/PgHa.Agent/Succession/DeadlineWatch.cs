using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PgHa.Agent.Succession;

/// <summary>
/// The second fence. The guard ends the server at the deadline, also when this agent hangs. A guard that dies shortly before the deadline is replaced too late for that, so
/// an agent that lives ends the server then. It asks nobody, and waits for nothing: not for etcd, and not for a step.
/// </summary>
internal sealed partial class DeadlineWatch(RecordTerms terms, Tenure tenure, Func<TimeSpan> clock, TimeProvider time, ILogger<DeadlineWatch> log) : BackgroundService
{
    private const int Moment = 4; // of the time that is kept for the stop of the server
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1), Look = TimeSpan.FromMilliseconds(250), Most = TimeSpan.FromSeconds(1);

    /// <summary>Waits for each deadline; it is moved by every renewal.</summary>
    internal async Task WatchAsync(CancellationToken cancel)
    {
        for (TimeSpan? done = null; !cancel.IsCancellationRequested;)
        {
            var due = tenure.Due + (terms.Stop / Moment); // the guard comes first
            if (due <= clock() && due != done)
                done = End(due.Value) ? due : done;
            var left = due - clock() is { } rest && due != done ? rest : Look;
            await Task.Delay(left < Least ? Least : left > Most ? Most : left, time, cancel);
        }
    }

    /// <summary>Once for each deadline, because a server that an operator starts later is not this one. Whether there is nothing left to end.</summary>
    private bool End(TimeSpan due)
    {
        try
        {
            if (terms.StartsAsStandby())
                return true; // the guard has done it, or the server was never writable
            LogPassed(due);
            terms.Kill();
            return true;
        }
        catch (Exception e) // whatever is in the way: it is tried again, because nothing else may end this server
        {
            LogNotDone(e.Message);
            return false;
        }
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => WatchAsync(stoppingToken);

    [LoggerMessage(Level = LogLevel.Error, Message = "the deadline {Until} has passed, and no guard has ended the server: its agent does")]
    private partial void LogPassed(TimeSpan until);

    [LoggerMessage(Level = LogLevel.Error, Message = "the server could not be ended at its deadline: {Why}; it is tried again")]
    private partial void LogNotDone(string why);
}
