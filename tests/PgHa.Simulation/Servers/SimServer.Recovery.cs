using PgHa.Formats.Control;

namespace PgHa.Simulation;

/// <summary>Starts: what the data directory makes of them.</summary>
internal sealed partial class SimServer
{
    /// <summary>Whoever starts it: pg_ctl, a supervisor, a person.</summary>
    internal void Start()
    {
        if (Runs)
            return;
        (Problem, Frozen, Streaming, StreamsFrom, InRecovery, Run) = (null, false, false, null, false, machine.Field.NextId());
        _waiting.Clear();
        _process = new(_world, machine.Name + "/pg");
        Phase = ServerPhase.Starting;
        if (machine.Disk.Mounted is not { } data)
        {
            Fail("there is no data directory");
            return;
        }
        data.Run = Run;
        ReadSettings(data);
        machine.Disk.StoppedOnPurpose = false;
        machine.Disk.Told = null; // a trigger file is removed by the start
        _world.Trace.Add(_world, machine.Name, $"server starts {(data.Signal ? "in recovery" : "as primary")}");
        _world.After(_world.Between(20, 250), _process, () => Recover(data, data.Signal));
    }

    /// <summary>Where recovery of a directory comes to: the timeline, and the end of the unbroken chain of records.</summary>
    internal static (uint Timeline, ulong End) Reach(SimData data, bool standby)
    {
        var target = standby ? data.Wal.Descendant(data.Timeline) : data.Timeline;
        var lineage = data.Wal.Lineage(target);
        var end = data.Wal.EndFrom(lineage, data.CheckPoint);
        var on = lineage.Last(s => s.Begin.Value < end || s.Begin.Value == 0);
        return (Math.Max(on.Timeline.Value, standby ? 0 : data.Timeline), end);
    }

    private void Fail(string why)
    {
        Problem = why;
        _world.Trace.Add(_world, machine.Name, $"server ends: {why}");
        Gone();
    }

    private void Recover(SimData data, bool standby)
    {
        if (machine.Disk.Full && data.State is not (DbState.ShutDown or DbState.ShutDownInRecovery))
        {
            Fail("its disk is full");
            return;
        }
        if (standby)
            RecoverAsStandby(data);
        else
            RecoverAsPrimary(data);
    }

    private void RecoverAsStandby(SimData data)
    {
        if (Archive is { Hangs: true })
        {
            _world.After(TimeSpan.FromMilliseconds(100), _process, () => RecoverAsStandby(data));
            return;
        }
        var restored = Archive is null ? Reach(data, standby: true) : Restore(Archive, data);
        var target = data.Wal.Lineage(data.Wal.Descendant(data.Timeline));
        if (restored is not var (timeline, end) || (target.FirstOrDefault(s => s.Timeline.Value == data.Timeline) is { End: { } left } && left.Value < data.CheckPointEnd))
        {
            Fail("requested timeline is not a child of this server's history");
            return;
        }
        (Timeline, End) = (timeline, end);
        if (End < data.MinRecovery)
        {
            Fail("WAL ends before consistent recovery point");
            return;
        }
        data.State = DbState.InArchiveRecovery;
        Replayed(data);
        InRecovery = true;
        Phase = ServerPhase.Up;
        _world.Trace.Add(_world, machine.Name, $"server is up in recovery at {End:X} on timeline {Timeline}");
        Tick();
    }

    /// <summary>From a clean shutdown as primary it goes on at its checkpoint, and overwrites what follows (fact 1); after anything else it replays its own timeline.</summary>
    private void RecoverAsPrimary(SimData data)
    {
        Timeline = data.Timeline;
        var lineage = data.Wal.Lineage(Timeline);
        var clean = data.State == DbState.ShutDown;
        End = clean ? data.CheckPointEnd : data.Wal.EndFrom(lineage, data.CheckPoint);
        if (End < data.MinRecovery)
        {
            Fail("WAL ends before consistent recovery point");
            return;
        }
        data.Wal.Cut(Timeline, End);
        if (!clean)
        {
            data.State = DbState.InCrashRecovery;
            Append(RecordKind.EndOfRecovery);
            (data.CheckPoint, data.CheckPointEnd) = (End - 56, End);
        }
        data.MinRecovery = 0;
        Open(data);
    }

    private void Open(SimData data)
    {
        data.State = DbState.InProduction;
        _flushed = End;
        EndReceiver();
        (InRecovery, Phase) = (false, ServerPhase.Up);
        _senders.Clear();
        Archiving();
        _world.Trace.Add(_world, machine.Name, $"server accepts writes on timeline {Timeline} from {End:X}");
        machine.Field.Opened(machine);
    }
}
