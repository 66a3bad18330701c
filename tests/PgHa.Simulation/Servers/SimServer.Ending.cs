using PgHa.Formats.Control;

namespace PgHa.Simulation;

/// <summary>Stops and crashes.</summary>
internal sealed partial class SimServer
{
    /// <summary>Whoever stops a server that hangs kills it in the end.</summary>
    private static readonly TimeSpan HungStopEnds = TimeSpan.FromSeconds(5);

    private void Gone()
    {
        Phase = ServerPhase.None;
        EndReceiver();
        Hung = Deaf = false;
        _waiting.Clear();
        _waitingForStandbys.Clear();
        _senders.Clear();
        _process?.Kill();
        if (StartedAgainAfter is { } wait)
            machine.Field.Later((int)wait.TotalMilliseconds, StartAgain);
    }

    private void StartAgain()
    {
        if (StartedAgainAfter is not null)
            machine.StartByHand();
    }

    /// <summary>A fast shutdown.</summary>
    internal void Stop()
    {
        if (Phase is ServerPhase.None or ServerPhase.Stopping)
            return;
        if (Phase == ServerPhase.Starting)
        {
            Gone();
            return;
        }
        if (Hung || Deaf)
        {
            _world.After(HungStopEnds, _process, () => Crash(keepsWritten: true));
            return;
        }
        Phase = ServerPhase.Stopping;
        _world.Trace.Add(_world, machine.Name, "server shuts down");
        _world.After(_world.Between(5, 60) + StopTakes, _process, ShutDown);
    }

    private void ShutDown()
    {
        if (InRecovery)
        {
            Replayed(Data);
            Data.State = DbState.ShutDownInRecovery;
            Gone();
            return;
        }
        if (machine.Disk.Full)
        {
            Panic();
            return;
        }
        FlushNow();
        var record = Append(RecordKind.CheckPoint);
        _flushed = End;
        (Data.CheckPoint, Data.CheckPointEnd, Data.Timeline, Data.State) = (record.Start, record.End, Timeline, DbState.ShutDown);
        SendRest(_world.Now + TimeSpan.FromSeconds(1).Ticks);
    }

    /// <summary>It waits until its standbys have all of it, and its archiver has ended.</summary>
    private void SendRest(long until)
    {
        if ((_world.Now >= until || Standbys.All(s => s.End >= End)) && Archive is not { Hangs: true })
        {
            TryArchive();
            _world.Trace.Add(_world, machine.Name, $"server is gone: shut down at {End:X}");
            Gone();
        }
        else
            _world.After(TimeSpan.FromMilliseconds(10), _process, () => SendRest(until));
    }

    /// <summary>"could not write to file": it ends itself.</summary>
    private void Panic()
    {
        machine.Field.Faults++;
        Crash(keepsWritten: true);
    }

    /// <summary>SIGQUIT, SIGKILL, or the machine: of what was written and not flushed a part may be there.</summary>
    internal void Crash(bool keepsWritten)
    {
        if (!Runs)
            return;
        if (!InRecovery && Phase != ServerPhase.Starting && _flushed < End)
        {
            SimRecord[] loose = [.. Data.Wal.Of(Timeline).Where(r => r.Start >= _flushed)];
            var kept = keepsWritten ? loose.Length : _world.Random.Next(loose.Length + 1);
            Data.Wal.Cut(Timeline, kept == 0 ? _flushed : loose[kept - 1].End);
        }
        _world.Trace.Add(_world, machine.Name, "server is killed");
        Gone();
    }
}
