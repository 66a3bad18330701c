namespace PgHa.Simulation;

/// <summary>
/// A process that can be killed between any two continuations: what it has not done by then it never does. Its code awaits on this context,
/// so that all of it runs as events of the world.
/// </summary>
internal sealed class SimProcess(World world, string name, Func<TimeSpan>? clockOffset = null) : SynchronizationContext
{
    private readonly List<Action> _atEnd = [];

    internal bool Alive { get; private set; } = true;

    /// <summary>It is stopped until then: what it would do is done late, but done.</summary>
    internal long FrozenUntil { get; private set; }

    /// <summary>It lives, and is not stopped.</summary>
    internal bool Works => Alive && FrozenUntil <= world.Now;

    internal string Name => name;

    internal World World => world;

    /// <summary>The clock of its machine.</summary>
    internal SimTime Time => field ??= new(this, clockOffset ?? (() => TimeSpan.Zero));

    public override void Post(SendOrPostCallback d, object? state) => world.After(TimeSpan.Zero, this, () => d(state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs as this process.</summary>
    internal void Run(Action act)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            act();
        }
        catch (Exception e)
        {
            world.Found($"{name} broke: {e}");
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Begins something that nobody waits for; what it throws is a finding.</summary>
    internal void Begin(Func<Task> work) => world.After(TimeSpan.Zero, this, () => _ = Guarded(work));

    /// <summary>Seen by whoever has a connection to it.</summary>
    internal void AtEnd(Action act)
    {
        if (Alive)
            _atEnd.Add(act);
        else
            act();
    }

    internal void Freeze(TimeSpan time) => FrozenUntil = Math.Max(FrozenUntil, world.Now + time.Ticks);

    internal void Kill()
    {
        if (!Alive)
            return;
        Alive = false;
        foreach (var act in _atEnd.ToArray())
            act();
    }

    private async Task Guarded(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException)
        {
            // Whoever cancelled it knows.
        }
        catch (Exception e)
        {
            world.Found($"{name} broke: {e}");
        }
    }
}

/// <summary>Virtual time as a process sees it: a monotonic count, and a wall clock that may jump.</summary>
internal sealed class SimTime(SimProcess process, Func<TimeSpan> offset) : TimeProvider
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => process.World.Now;

    public override DateTimeOffset GetUtcNow() => Begin.AddTicks(process.World.Now) + offset();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimTimer(SimProcess process, TimerCallback callback, object? state) : ITimer
    {
        private int _armed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var armed = ++_armed;
            if (dueTime != Timeout.InfiniteTimeSpan)
                process.World.After(dueTime, process, () => Fire(armed, period));
            return true;
        }

        public void Dispose() => _armed++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int armed, TimeSpan period)
        {
            if (armed != _armed)
                return;
            if (period > TimeSpan.Zero)
                Change(period, period);
            callback(state);
        }
    }
}
