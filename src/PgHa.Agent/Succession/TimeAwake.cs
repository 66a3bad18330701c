namespace PgHa.Agent.Succession;

/// <summary>
/// Counts the time in which this process ran. A process that was stopped, or got no processor, finds its timers overdue when it runs again: such a gap counts for a
/// moment only. What others did not answer meanwhile says nothing about them.
/// </summary>
internal sealed class TimeAwake(TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private readonly Lock _gate = new();
    private TimeSpan _counted;
    private long _at = time.GetTimestamp();

    /// <summary>How long it ran since it was made.</summary>
    internal TimeSpan Now
    {
        get
        {
            lock (_gate)
                return _counted + Gap;
        }
    }

    private TimeSpan Gap => time.GetElapsedTime(_at) is var gap && gap < 2 * Tick ? gap : 2 * Tick;

    /// <summary>Looks at the clock twice a second, until it is disposed of.</summary>
    /// <param name="each">What else is looked at then.</param>
    internal ITimer Run(Action each) => time.CreateTimer(_ =>
    {
        Count();
        each();
    }, null, Tick, Tick);

    private void Count()
    {
        lock (_gate)
            (_counted, _at) = (_counted + Gap, time.GetTimestamp());
    }
}
