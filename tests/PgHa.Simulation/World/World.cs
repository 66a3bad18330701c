namespace PgHa.Simulation;

/// <summary>Virtual time: everything that happens is an event, one after the other, on one thread.</summary>
internal sealed class World(int seed)
{
    private readonly PriorityQueue<(SimProcess? Owner, Action Act), (long At, long Number)> _events = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _number;

    /// <summary>In ticks of 100 ns since the world began.</summary>
    internal long Now { get; private set; }

    /// <summary>Chance, the same for the same seed.</summary>
    internal Random Random { get; } = new(seed);

    internal Trace Trace { get; } = new();

    /// <summary>The first thing that must not be; null as long as there is none.</summary>
    internal string? Finding { get; private set; }

    internal long Events => _number;

    internal void Found(string what)
    {
        Finding ??= what;
        Trace.Add(this, "FINDING", what);
    }

    /// <summary>What happens later. It does not happen if its owner has ended by then.</summary>
    internal void After(TimeSpan delay, SimProcess? owner, Action act)
    {
        if (Environment.CurrentManagedThreadId != _thread)
            throw new InvalidOperationException("something runs beside the world: it went on by a thread of the pool");
        _events.Enqueue((owner, act), (Now + Math.Max(0, delay.Ticks), _number++));
    }

    /// <summary>Lets the world go on until a moment, or something is found, or what is waited for is there. That is looked for now and then.</summary>
    internal void RunUntil(long moment, Func<bool>? done = null)
    {
        var look = Now;
        while (Finding is null && _events.TryPeek(out _, out var next) && next.At <= moment)
        {
            if (done is not null && Now >= look)
            {
                if (done())
                    return;
                look = Now + TimeSpan.FromMilliseconds(100).Ticks;
            }
            var (owner, act) = _events.Dequeue();
            Now = next.At;
            if (owner is null)
                act();
            else if (owner.Alive && owner.FrozenUntil > Now)
                _events.Enqueue((owner, act), (owner.FrozenUntil, _number++));
            else if (owner.Alive)
                owner.Run(act);
        }
        if (Finding is null && done?.Invoke() != true)
            Now = Math.Max(Now, moment);
    }

    internal TimeSpan Between(int least, int most) => TimeSpan.FromMilliseconds(Random.Next(least, most));
}

/// <summary>What happened, in a line each. Only kept where somebody will read it.</summary>
internal sealed class Trace
{
    private readonly List<string> _lines = [];

    internal bool Kept { get; set; }

    internal IReadOnlyList<string> Lines => _lines;

    internal void Add(World world, string who, string what)
    {
        if (Kept)
            _lines.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{world.Now / 10_000_000.0,9:F3} {who,-10} {what}"));
    }
}
