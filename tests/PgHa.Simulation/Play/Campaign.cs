using System.Diagnostics;

namespace PgHa.Simulation;

/// <summary>Many schedules, on as many threads as there are processors. Each of them is played on one thread.</summary>
internal sealed class Campaign(int firstSeed, int most, TimeSpan within, Func<int, Schedule> of)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Lock _gate = new();
    private int _taken;
    private (int Seed, string Finding)? _found;
    private long _events;
    private int _calls;
    private double _seconds;

    internal int Played { get; private set; }

    /// <summary>The lowest seed among those that were found; null where nothing was.</summary>
    internal (int Seed, string Finding)? Run()
    {
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work)).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return _found;
    }

    internal string Words => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{Played} schedules with {_calls} operations in {_watch.Elapsed.TotalSeconds:F0} s: {Played / _watch.Elapsed.TotalSeconds:F0} a second, {_events / Math.Max(1, Played)} events and {_seconds / Math.Max(1, Played):F0} virtual seconds each");

    private void Work()
    {
        while (Take() is { } seed)
        {
            var outcome = Play(seed);
            lock (_gate)
            {
                (Played, _events, _calls, _seconds) = (Played + 1, _events + outcome.Events, _calls + outcome.Calls, _seconds + outcome.Seconds);
                if (outcome.Finding is { } finding && (_found is null || seed < _found.Value.Seed))
                    _found = (seed, finding);
            }
        }
    }

    /// <summary>A fault of the simulator names its seed, too.</summary>
    private Outcome Play(int seed)
    {
        try
        {
            return of(seed).Play();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed} cannot be played", e);
        }
    }

    private int? Take()
    {
        lock (_gate)
            return _found is null && _watch.Elapsed < within && _taken < most ? firstSeed + _taken++ : null;
    }
}
