using PgHa.Agent.Leadership;

namespace PgHa.Simulation;

/// <summary>One agent and its guard, as far as the record goes. Its clock runs at a rate of its own, and is never compared with another's.</summary>
internal sealed class RecordNode(string name, RecordWorld world, double rate, double offset)
{
    /// <summary>How long its server takes to stop, as it was measured: it never takes longer.</summary>
    private static readonly TimeSpan Stop = TimeSpan.FromMilliseconds(300);

    private readonly TimeSpan _renewal = TimeSpan.FromSeconds(1);
    private Holding? _holding;
    private RecordSight? _sight;
    private RecordMemory _memory = RecordMemory.None;
    private int _runs, _life;
    private TimeSpan _asleepUntil;

    public string Name => name;

    /// <summary>Until when the guard lets the server write, in true time; by then every process is gone.</summary>
    public TimeSpan WritableUntil { get; private set; }

    public bool IsWritable => WritableUntil > world.Now;

    public TimeSpan D { get; set; } = TimeSpan.FromSeconds(8);

    private TimeSpan Clock => TimeSpan.FromSeconds((world.Now.TotalSeconds * rate) + offset);

    private bool Asleep => world.Now < _asleepUntil;

    private TimeSpan TrueTime(TimeSpan clock) => TimeSpan.FromSeconds((clock.TotalSeconds - offset) / rate);

    public void Start() => Tick(_life);

    /// <summary>The agent dies and comes back; its guard and its server stay.</summary>
    public void Restart()
    {
        world.Say($"{name}: the agent restarts");
        (_holding, _sight) = (null, null);
        Tick(++_life);
    }

    /// <summary>The machine sleeps. Its clock goes on, nothing else does; a server that slept past its deadline writes before the guard wakes up, if it may.</summary>
    public void Sleep(TimeSpan time)
    {
        world.Say($"{name}: sleeps {time.TotalSeconds:F1} s");
        _asleepUntil = world.Now + time;
    }

    private void Tick(int life)
    {
        if (life != _life)
            return;
        if (Asleep)
        {
            world.At(_asleepUntil - world.Now, () => Tick(life));
            return;
        }
        if (_holding is { } holding)
            Renew(holding);
        else
            Look(life);
        world.At(_renewal, () => Tick(life));
    }

    private void Renew(Holding holding)
    {
        (_holding, var attempt) = holding.Send(Clock, D);
        Guard(); // a shorter D binds before it is sent
        var (life, known) = (_life, _memory);
        world.CallHedged(() => (world.Records.Swap(attempt.Record, attempt.Before), world.Records.Id), (answer, etcd) => Hear(life, attempt, Weigh(known, answer, etcd, attempt.Record)));
    }

    private void Hear(int life, Attempt attempt, RecordAnswer answer)
    {
        if (life != _life || _holding is not { } holding)
            return;
        (_holding, var hold) = holding.Hear(attempt, answer);
        switch (hold)
        {
            case Hold.Renewed:
                world.Say($"{name}: epoch {_holding.Own.Epoch} renewed by {attempt.Record.Run}/{attempt.Record.Counter}");
                Guard();
                world.Check(this);
                break;
            case Hold.Lost:
                world.Say($"{name}: lost it to {answer}");
                if (_holding.Acknowledged is not null)
                    world.LostWrongly(this, answer);
                (_holding, WritableUntil) = (null, world.Now);
                break;
            case Hold.Gone:
                world.Say($"{name}: it is gone: {answer}");
                _holding = null; // what the guard knows goes on to its end
                break;
        }
    }

    private void Look(int life)
    {
        var known = _memory;
        world.Call(() => (world.Records.Read(), world.Records.Id), (answer, etcd) => Look(life, Weigh(known, answer, etcd)));
    }

    private RecordAnswer Weigh(RecordMemory known, RecordAnswer answer, ulong etcd, PrimaryRecord? written = null)
    {
        answer = known.Weigh(answer, etcd);
        _memory = _memory.After(answer is RecordAnswer.Swapped swapped ? new RecordAnswer.Stands(written!, swapped.Revision) : answer, etcd);
        return answer;
    }

    private void Look(int life, RecordAnswer answer)
    {
        if (life != _life || _holding is not null || answer is not RecordAnswer.Stands stands)
            return;
        if (stands.Record.Node == name && stands.Record.Boot == name)
        {
            _holding = Holding.GoOn(stands.Record, stands.Standing, NewRun());
            return;
        }
        _sight = RecordSight.After(_sight, stands, Clock);
        if (!_sight.HasRunOut(Clock))
            return;
        world.Say($"{name}: it has run out, as seen here");
        _holding = Holding.Take(Next(_sight.Record), new(_sight.Revision, _sight.Record.Text));
        Renew(_holding);
    }

    private PrimaryRecord Next(PrimaryRecord before) => before with { Node = name, Boot = name, Run = NewRun(), Epoch = before.Epoch + 1 };

    private string NewRun() => $"{name}.{++_runs}";

    /// <summary>The guard is told the deadline, and confirms it.</summary>
    private void Guard()
    {
        if (_holding!.Deadline(Stop) is not { } deadline)
            return;
        WritableUntil = TrueTime(deadline + Stop);
    }
}
