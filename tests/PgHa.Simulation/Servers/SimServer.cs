using PgHa.Formats;

namespace PgHa.Simulation;

internal enum ServerPhase
{
    None,
    Starting,
    Up,
    Stopping,
}

/// <summary>
/// A PostgreSQL server as a state machine over WAL records: what a start makes of the data directory, what is flushed and acknowledged, what a
/// crash leaves, streaming, and promotion. It knows nothing of agents.
/// </summary>
internal sealed partial class SimServer(SimMachine machine)
{
    private readonly World _world = machine.Field.World;
    private SimProcess? _process;
    private ulong _flushed;
    private bool _flushing;
    private readonly List<(ulong End, long Row, Action Acknowledge)> _waiting = [];

    internal ServerPhase Phase { get; private set; }

    internal bool Runs => Phase != ServerPhase.None;

    internal bool InRecovery { get; private set; }

    /// <summary>Of a running server.</summary>
    internal uint Timeline { get; private set; } = 1;

    /// <summary>End of the WAL it has written; of a standby what it has received and replayed.</summary>
    internal ulong End { get; private set; }

    internal ulong Flushed => InRecovery ? End : _flushed;

    internal bool Streaming { get; private set; }

    internal string? StreamsFrom { get; private set; }

    /// <summary>Why the last start ended.</summary>
    internal string? Problem { get; private set; }

    /// <summary>Its sessions are ended, and no new ones come in.</summary>
    internal bool Frozen { get; set; }

    /// <summary>Its postmaster is stopped: there are no new connections, but those that are there go on.</summary>
    internal bool Deaf { get; set; }

    /// <summary>It answers a new connection.</summary>
    internal bool Answers => Phase == ServerPhase.Up && !Hung && !Deaf;

    /// <summary>It answers nobody, and flushes nothing.</summary>
    internal bool Hung
    {
        get;
        set
        {
            var wasHung = field;
            field = value;
            if (!wasHung || value || !Accepts)
                return;
            machine.Field.Opened(machine);
            Flush();
        }
    }

    /// <summary>Its shutdown is slow.</summary>
    internal TimeSpan StopTakes { get; set; }

    /// <summary>A promotion is slow.</summary>
    internal TimeSpan PromotionTakes { get; set; }

    /// <summary>Somebody closes the sessions that wait for one.</summary>
    internal bool PromotionsClose { get; set; }

    /// <summary>Starts it again so long after it has ended; null: nobody does.</summary>
    internal TimeSpan? StartedAgainAfter { get; set; }

    internal long Run { get; private set; }

    private SimData Data => machine.Disk.Data!;

    internal TimelineSpan[] Lineage => Data.Wal.Lineage(Timeline);

    /// <summary>Whether a commit could be acknowledged now.</summary>
    internal bool Accepts => Phase == ServerPhase.Up && !InRecovery && !Frozen && !Hung;

    internal bool Told => machine.Disk.Told == Run && Runs && InRecovery;

    internal IEnumerable<SimServer> Standbys => machine.Field.Machines.Where(m => m.Server is { Streaming: true } s && s.StreamsFrom == machine.Name).Select(m => m.Server);

    /// <summary>Rows along its WAL.</summary>
    internal HashSet<long> Rows() => [.. Data.Settled, .. Data.Wal.Line(Lineage).Where(r => r.End <= Flushed && r.Kind == RecordKind.Row).Select(r => r.Row)];

    private SimRecord Append(RecordKind kind, long row = 0)
    {
        var record = new SimRecord(End, End + (kind == RecordKind.Row ? 120UL : 56UL), machine.Field.NextId(), kind, row);
        Data.Wal.Write(Timeline, record);
        End = record.End;
        return record;
    }

    /// <summary>A commit: acknowledged once it is flushed here.</summary>
    internal bool Insert(long row, Action acknowledge)
    {
        if (!Accepts)
            return false;
        if (machine.Disk.Full)
        {
            Panic();
            return false;
        }
        _waiting.Add((Append(RecordKind.Row, row).End, row, acknowledge));
        Flush();
        return true;
    }

    private void Flush()
    {
        if (_flushing)
            return;
        _flushing = true;
        _world.After(TimeSpan.FromMilliseconds(_world.Random.Next(1, 6)), null, () =>
        {
            _flushing = false;
            if (Phase == ServerPhase.Up && !InRecovery && !Hung)
                FlushNow();
        });
    }

    /// <summary>All that is written is flushed, and acknowledged where commits wait for no standby.</summary>
    internal void FlushNow()
    {
        _flushed = End;
        var done = _waiting.Where(w => w.End <= _flushed).ToArray();
        _waiting.Clear();
        foreach (var waiting in done)
            Wait(waiting);
    }

    internal void CheckPoint()
    {
        if (Phase != ServerPhase.Up)
            return;
        if (!InRecovery)
        {
            FlushNow();
            var record = Append(RecordKind.CheckPoint);
            _flushed = End;
            (Data.CheckPoint, Data.CheckPointEnd, Data.Timeline, Data.MinRecovery) = (record.Start, record.End, Timeline, 0);
        }
        else
            Replayed(Data);
    }

    /// <summary>A restartpoint at the last checkpoint replayed; the minimum recovery point is what has been replayed.</summary>
    private void Replayed(SimData data)
    {
        var last = data.Wal.Line(Lineage, data.CheckPoint).LastOrDefault(r => r.End <= End && r.Kind is RecordKind.CheckPoint or RecordKind.EndOfRecovery);
        if (last is not null && last.Start >= data.CheckPoint)
            (data.CheckPoint, data.CheckPointEnd) = (last.Start, last.End);
        (data.MinRecovery, data.Timeline) = (End, Timeline);
    }
}
