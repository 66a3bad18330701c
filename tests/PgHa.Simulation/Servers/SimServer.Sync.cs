using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;

namespace PgHa.Simulation;

/// <summary>A WAL sender of the primary, for one standby: the setting that it has read, and the flush that it has heard of.</summary>
internal sealed class SimSender(string name, SyncSet setting)
{
    internal string Name => name;

    internal SyncSet Setting { get; private set; } = setting;

    /// <summary>What its standby has reported; null: nothing yet.</summary>
    internal ulong? Flush { get; private set; }

    /// <summary>Its standby has caught up since it connected.</summary>
    internal bool Streams { get; set; }

    /// <summary>Its standby is one that commits wait for, by the setting that it has read.</summary>
    internal bool IsListed => Setting.Voters.Contains(Name);

    private long? _readsAt;
    private ulong _signalledAt;

    /// <summary>It was told to read its settings anew: it does so then, or when it hears of a flush of WAL that was written since.</summary>
    internal void Signal(long readsAt, ulong end) => (_signalledAt, _readsAt) = (_readsAt is null ? end : _signalledAt, readsAt);

    /// <summary>Reads them, if it is time.</summary>
    internal void Read(SyncSet now, long time)
    {
        if (_readsAt <= time)
            (Setting, _readsAt) = (now, null);
    }

    internal void Hear(ulong flush, SyncSet now, long time)
    {
        Read(now, flush > _signalledAt ? long.MaxValue : time);
        Flush = flush;
    }
}

/// <summary>Synchronous replication: which standbys commits wait for, and when each process of the server has read that.</summary>
internal sealed partial class SimServer
{
    private readonly Dictionary<string, SimSender> _senders = [];
    private readonly List<(ulong End, long Row, Action Acknowledge)> _waitingForStandbys = [];
    private ulong _released;
    private long? _receiverEndsAt;
    private (string From, ulong End) _reported;
    private int _unreported;

    private SimMachine Machine => machine;

    private bool IsSync => machine.Field.Sync != PgHa.Agent.Configuration.SyncMode.Off;

    /// <summary>As a new connection shows it.</summary>
    internal string SyncNames { get; private set; } = "";

    /// <summary>Commits wait for standbys at all, as the checkpointer tells all sessions.</summary>
    internal bool Waits { get; private set; }

    /// <summary>What primary_conninfo names, as the startup process has read it.</summary>
    internal string? Upstream { get; private set; }

    internal IEnumerable<SimSender> Senders => _senders.Values;

    private SyncSet Setting => SyncChoice.Parse(SyncNames);

    /// <summary>A start reads all settings before anybody can connect.</summary>
    private void ReadSettings(SimData data)
    {
        (SyncNames, Upstream, Waits, _released, _receiverEndsAt) = (data.SyncNames, data.Upstream, data.SyncNames.Length > 0, 0, null);
        _senders.Clear();
        _waitingForStandbys.Clear();
    }

    /// <summary>The postmaster reads its settings, and then signals all others: each of them reads them when it comes to that.</summary>
    internal void Reload()
    {
        if (IsSync)
            _world.After(_world.Between(0, 15), _process, ReadAnew);
    }

    private void ReadAnew()
    {
        if (Phase != ServerPhase.Up || machine.Disk.Data is not { } data)
            return;
        if (Deaf)
        {
            _world.After(TimeSpan.FromMilliseconds(50), _process, ReadAnew);
            return;
        }
        foreach (var sender in _senders.Values)
            sender.Read(Setting, _world.Now);
        SyncNames = data.SyncNames;
        foreach (var sender in _senders.Values)
            sender.Signal(_world.Now + Late(25, 60, 4000).Ticks, _flushed);
        _world.After(Late(12, 30, 6000), _process, TellSessions);
        _world.After(Late(10, 50, 2500), _process, () => Upstream = Data.Upstream);
    }

    private TimeSpan Late(int seldom, int usual, int most) => _world.Random.Next(seldom) == 0 ? _world.Between(usual, most) : _world.Between(0, usual);

    /// <summary>The checkpointer has read the setting.</summary>
    private void TellSessions()
    {
        if (Waits != SyncNames.Length > 0)
            _world.Trace.Add(_world, machine.Name, $"server has told its sessions that commits wait{(Waits ? " no more" : "")}");
        Waits = SyncNames.Length > 0;
        if (!Waits)
            Acknowledge(ulong.MaxValue);
    }

    /// <summary>A WAL record that is flushed; where it ends. Its commit waits for nobody.</summary>
    internal ulong Mark()
    {
        Append(RecordKind.Noise);
        FlushNow();
        return _flushed;
    }

    internal void EndSender(SimSender sender)
    {
        if (_senders.GetValueOrDefault(sender.Name) != sender)
            return;
        _senders.Remove(sender.Name);
        if (machine.Field[sender.Name].Server is { Streaming: true } standby && standby.StreamsFrom == machine.Name && machine.Field.Network.Linked(machine, machine.Field[sender.Name]))
            standby.EndReceiver();
    }

    /// <summary>A standby has connected: the slot lets in no second one.</summary>
    private void Connect(SimMachine standby) => _senders[standby.Name] = new(standby.Name, Setting);

    /// <summary>A standby has gone. Across a cut that shows only after a while.</summary>
    private void Leave(SimMachine standby)
    {
        if (_senders.GetValueOrDefault(standby.Name) is not { } sender)
            return;
        var isLinked = machine.Field.Network.Linked(machine, standby) && machine.Field.Network.Linked(standby, machine);
        _world.After(isLinked ? _world.Between(1, 60) : TimeSpan.FromSeconds(60), _process, () =>
        {
            if (_senders.GetValueOrDefault(standby.Name) == sender)
                _senders.Remove(standby.Name);
        });
    }

    /// <summary>A commit that is flushed here.</summary>
    private void Wait((ulong End, long Row, Action Acknowledge) commit)
    {
        if (!IsSync || !Waits || commit.End <= _released)
            commit.Acknowledge();
        else
            _waitingForStandbys.Add(commit);
    }

    private void Acknowledge(ulong upto)
    {
        var done = _waitingForStandbys.Where(w => w.End <= upto).ToArray();
        _waitingForStandbys.RemoveAll(w => w.End <= upto);
        foreach (var (_, _, acknowledge) in done)
            acknowledge();
    }

    /// <summary>A report of a standby, as its WAL sender hears it (SyncRepReleaseWaiters): by the setting of this one, over all that are listed by their own.</summary>
    private void Hear(SimSender sender, ulong flush)
    {
        if (_senders.GetValueOrDefault(sender.Name) != sender || Phase is not (ServerPhase.Up or ServerPhase.Stopping) || InRecovery)
            return;
        if (Hung)
        {
            _world.After(TimeSpan.FromMilliseconds(100), _process, () => Hear(sender, flush));
            return;
        }
        sender.Hear(flush, Setting, _world.Now);
        sender.Streams |= flush >= _flushed;
        foreach (var other in _senders.Values)
            other.Read(Setting, _world.Now);
        if (!sender.Streams || !sender.IsListed)
            return;
        var reported = _senders.Values.Where(s => s is { Streams: true, IsListed: true, Flush: not null }).Select(s => s.Flush!.Value).OrderDescending().ToArray();
        if (reported.Length < sender.Setting.Needed)
            return;
        _released = Math.Max(_released, reported[sender.Setting.Needed - 1]);
        Acknowledge(_released);
    }

    /// <summary>The node that it receives from, or asks next: a WAL receiver lives on for a moment when the startup process wants another one.</summary>
    private string? ReceivesFrom()
    {
        if (!IsSync)
            return Data.Upstream;
        if (!Streaming || Upstream == StreamsFrom)
            _receiverEndsAt = null;
        else if ((_receiverEndsAt ??= _world.Now + Late(4, 40, 1500).Ticks) <= _world.Now)
            EndReceiver();
        return Streaming ? StreamsFrom : Upstream;
    }

    /// <summary>What was flushed is reported when there is more of it, and now and then.</summary>
    private void Report(SimServer upstream, bool connects)
    {
        if (!IsSync)
            return;
        if (connects)
            upstream.Connect(machine);
        if (upstream._senders.GetValueOrDefault(machine.Name) is not { } sender)
        {
            EndReceiver(); // the other side has ended it
            return;
        }
        if (!connects && _reported == (upstream.Machine.Name, End) && ++_unreported < 20)
            return;
        (_reported, _unreported) = ((upstream.Machine.Name, End), 0);
        var flush = End;
        _world.After(TimeSpan.FromMicroseconds(_world.Random.Next(200, 8000)), upstream._process, () =>
        {
            if (machine.Field.Network.Linked(machine, upstream.Machine))
                upstream.Hear(sender, flush);
        });
    }
}
