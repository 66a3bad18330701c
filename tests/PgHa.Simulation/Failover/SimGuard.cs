using PgHa.Agent.Leadership;

namespace PgHa.Simulation;

/// <summary>The guard of a machine: a process that outlives the agent, knows a deadline on the machine's clock, and kills the server when it passes.</summary>
internal sealed class SimGuard(SimMachine machine)
{
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(20);
    private readonly World _world = machine.Field.World;
    private SimProcess? _process;
    private TimeSpan? _until;
    private int _armed;

    internal bool Lives => _process is { Alive: true };

    /// <summary>Its deadline is in force.</summary>
    internal bool IsOnDuty => Lives && _until is not null;

    internal void Start()
    {
        _process?.Kill();
        (_process, _until) = (new(_world, machine.Name + "/guard"), null);
    }

    internal void Kill() => _process?.Kill();

    /// <summary>Whoever has a connection to it sees its end.</summary>
    internal SimProcess? Process => _process;

    /// <summary>A deadline that has passed cannot be moved any more before the server is gone.</summary>
    internal TimeSpan? Set(TimeSpan until)
    {
        if (HasPassed || machine.Clock >= until)
            return null;
        _until = until;
        Arm();
        return until;
    }

    internal TimeSpan? Ask() => HasPassed ? null : _until;

    internal bool Rest()
    {
        if (HasPassed)
            return false;
        (_until, _) = (null, ++_armed);
        return true;
    }

    private bool HasPassed => _until is { } until && machine.Clock >= until;

    private void Arm()
    {
        var armed = ++_armed;
        _world.After(machine.UntilClock(_until!.Value), _process, () =>
        {
            if (armed != _armed)
                return;
            if (HasPassed)
                EndServer();
            else
                Arm();
        });
    }

    /// <summary>As long as standby.signal is not there whatever is started is killed.</summary>
    private void EndServer()
    {
        _world.Trace.Add(_world, machine.Name + "/guard", "the deadline has passed");
        machine.Field.Faults++;
        machine.Field.Service!.Fenced(machine);
        machine.Server.Crash(keepsWritten: true);
        if (machine.Disk.Full || machine.Disk.Away)
        {
            _world.After(Round, _process, EndServer);
            return;
        }
        if (machine.Disk.Data is { } data)
            data.Signal = true;
        _until = null;
    }
}

/// <summary>The agent's side of it: starts one where none runs, and where one has ended tells the next one what holds.</summary>
internal sealed class SimGuardLink(SimAgent agent) : IGuard
{
    private SimGuard Guard => agent.Machine.Guard;

    private TimeSpan? _last;
    private SimProcess? _heard;

    public Task<TimeSpan?> SetAsync(TimeSpan until, CancellationToken cancel) => SayAsync(() => Confirm(until), null, starts: true, cancel);

    public Task<TimeSpan?> AskAsync(CancellationToken cancel, bool starts = false) => SayAsync(Guard.Ask, null, starts, cancel);

    public Task<bool> RestAsync(CancellationToken cancel)
    {
        _last = null;
        return SayAsync(Guard.Rest, true, starts: false, cancel);
    }

    private TimeSpan? Confirm(TimeSpan until)
    {
        if (_heard != Guard.Process)
            (_heard = Guard.Process!).AtEnd(() => agent.Process.Begin(ReplaceAsync));
        return _last = Guard.Set(until);
    }

    private Task ReplaceAsync() => SayAsync(() => _last is { } until ? Confirm(until) : null, null, starts: true, CancellationToken.None);

    private async Task<T> SayAsync<T>(Func<T> say, T withoutOne, bool starts, CancellationToken cancel)
    {
        await Task.Delay(TimeSpan.FromMicroseconds(agent.Machine.Field.World.Random.Next(100, 2000)), agent.Process.Time, cancel);
        if (!Guard.Lives && starts)
        {
            await Task.Delay(agent.Machine.Field.World.Between(20, 120), agent.Process.Time, cancel);
            if (!Guard.Lives)
                Guard.Start();
        }
        return Guard.Lives ? say() : withoutOne;
    }
}
