using System.Globalization;
using PgHa.Agent.Leadership;

namespace PgHa.Simulation;

/// <summary>
/// The record, its holders and those who wait for it, in virtual time: messages are lost, late, doubled and out of order; agents restart, machines sleep,
/// clocks run at different rates, D changes, etcd is out of reach, emptied and restored. A seed decides everything.
/// </summary>
internal sealed class RecordWorld
{
    private readonly PriorityQueue<Action, (TimeSpan, int)> _events = new();
    private readonly Random _chance;
    private readonly List<string> _trace = [];
    private readonly List<RecordNode> _nodes = [];
    private readonly double _loss;
    private int _order;
    private TimeSpan _outageUntil;
    private bool _restored;

    public RecordWorld(int seed)
    {
        _chance = new Random(seed);
        _loss = _chance.NextDouble() * 0.5;
        for (var i = 0; i < _chance.Next(2, 4); i++)
            _nodes.Add(new($"n{i + 1}", this, 1 + ((_chance.NextDouble() - 0.5) * 2 * 0.0099), _chance.Next(0, 100_000)));
        var first = new PrimaryRecord { Node = "n1", Epoch = 1, Boot = "n1", Run = "before", Counter = 1, DMilliseconds = 8000, Since = DateTimeOffset.UnixEpoch, Timeline = 1 };
        Records.Swap(first, default);
    }

    public SimRecords Records { get; } = new();

    public TimeSpan Now { get; private set; }

    public int Handed { get; private set; }

    /// <summary>What broke the promise; null: nothing.</summary>
    public string? Found { get; private set; }

    public string Trace => string.Join('\n', _trace);

    /// <summary>Plays for so long, faults included.</summary>
    public void Play(TimeSpan time)
    {
        foreach (var node in _nodes)
            node.Start();
        At(Between(0, 5), Fault);
        while (Found is null && _events.TryDequeue(out var next, out var at) && at.Item1 < time)
        {
            Now = at.Item1;
            next();
        }
    }

    public void At(TimeSpan after, Action action) => _events.Enqueue(action, (Now + after, _order++));

    /// <summary>Lost on the way there or back, or late; once out of a few times by seconds.</summary>
    public void Call(Func<(RecordAnswer Answer, ulong Etcd)> call, Action<RecordAnswer, ulong> hear)
    {
        if (_chance.NextDouble() < _loss)
            return;
        At(Delay(), () =>
        {
            if (Now < _outageUntil)
                return;
            var (answer, etcd) = call();
            if (_chance.NextDouble() >= _loss)
                At(Delay(), () => hear(answer, etcd));
        });
    }

    /// <summary>The same attempt is sent to a second endpoint, now and then.</summary>
    public void CallHedged(Func<(RecordAnswer Answer, ulong Etcd)> call, Action<RecordAnswer, ulong> hear)
    {
        Call(call, hear);
        if (_chance.Next(3) == 0)
            Call(call, hear);
    }

    public void Say(string what) => _trace.Add(string.Create(CultureInfo.InvariantCulture, $"{Now.TotalSeconds,8:F3} {what}"));

    /// <summary>A node may write from now on: no other may.</summary>
    public void Check(RecordNode node)
    {
        if (!node.IsWritable)
            return;
        Handed++;
        foreach (var other in _nodes.Where(n => n != node && n.IsWritable))
            Found ??= $"{node.Name} and {other.Name} may write at once, until {other.WritableUntil.TotalSeconds:F3}";
    }

    /// <summary>Nobody may lose what nobody else has.</summary>
    public void LostWrongly(RecordNode node, RecordAnswer answer)
    {
        if (!_restored && Records.Read() is RecordAnswer.Stands { Record: var stands } && stands.Node == node.Name)
            Found ??= $"{node.Name} took the record for lost, and holds it: {answer}";
    }

    private void Fault()
    {
        var node = _nodes[_chance.Next(_nodes.Count)];
        switch (_chance.Next(10))
        {
            case 0 or 1:
                node.D = TimeSpan.FromSeconds(_chance.Next(2, 12)); // the usual way to change a setting
                node.Restart();
                break;
            case 2 or 3:
                node.Sleep(Between(0.1, 20));
                break;
            case 4:
                _outageUntil = Now + Between(0.1, 15);
                Say($"etcd is out of reach until {_outageUntil.TotalSeconds:F3}");
                break;
            case 5 or 6:
                node.D = TimeSpan.FromSeconds(_chance.Next(2, 12));
                Say($"{node.Name}: D is {node.D.TotalSeconds} s");
                break;
            case 7 when _chance.Next(20) == 0:
                _restored = true;
                Records.Restore(_chance.Next(1, 30));
                Say($"etcd is restored from a backup: {Records.Read()}");
                break;
        }
        At(Between(0.1, 10), Fault);
    }

    private TimeSpan Delay() => _chance.Next(20) == 0 ? Between(0, 12) : Between(0.001, 0.3);

    private TimeSpan Between(double least, double most) => TimeSpan.FromSeconds(least + (_chance.NextDouble() * (most - least)));
}
