using PgHa.Formats;

namespace PgHa.Simulation;

/// <summary>What a standby receives, and its promotion.</summary>
internal sealed partial class SimServer
{
    /// <summary>The trigger file and the signal: it obeys at some later moment.</summary>
    internal void Tell()
    {
        machine.Disk.Told = Run;
        _world.After(_world.Between(15, 120) + PromotionTakes, _process, Promote);
    }

    /// <summary>The number that a promotion would choose now: one above all that it finds, and that were reserved here.</summary>
    internal uint NextTimeline => Math.Max(Math.Max(Data.Wal.Newest, Data.PassedOver), Archive?.Newest(Timeline, Data.Wal) ?? 0) + 1;

    private void Promote()
    {
        if (Phase != ServerPhase.Up || !InRecovery)
            return;
        if (machine.Disk.Full)
        {
            Panic();
            return;
        }
        if (Archive is { Hangs: true })
        {
            _world.After(TimeSpan.FromMilliseconds(50), _process, Promote);
            return;
        }
        ReadArchive();
        var timeline = NextTimeline;
        TimelineSpan[] lineage = [.. Lineage[..^1], new(new(Timeline), Lineage[^1].Begin, new Lsn(End)), new(new(timeline), new Lsn(End))];
        Data.Wal.Note(timeline, lineage);
        Timeline = timeline;
        Data.Signal = false;
        Append(RecordKind.EndOfRecovery);
        (Data.MinRecovery, Data.Timeline) = (End, timeline); // a crash before the first checkpoint follows the new timeline (CreateEndOfRecoveryRecord)
        machine.Disk.Told = null;
        Open(Data);
        _world.After(TimeSpan.FromMilliseconds(200), _process, CheckPoint);
    }

    /// <summary>A checkpoint that removes all WAL which the server itself does not need any more.</summary>
    internal void Recycle()
    {
        CheckPoint();
        if (Phase == ServerPhase.Up && TryArchive())
            Data.Recycle();
    }

    /// <summary>Its walreceiver ends, because its primary is gone, or by force.</summary>
    internal void EndReceiver()
    {
        if (IsSync && StreamsFrom is { } from)
            machine.Field[from].Server.Leave(machine);
        (Streaming, StreamsFrom) = (false, null);
    }

    /// <summary>WAL that somebody else wrote into its pg_wal is replayed.</summary>
    internal void ReplayFiles()
    {
        if (Phase == ServerPhase.Up && InRecovery && Data.Wal.EndFrom(Lineage, End) is var end && end > End)
        {
            End = end;
            Replayed(Data);
        }
    }

    private void Tick()
    {
        if (Phase != ServerPhase.Up || !InRecovery)
            return;
        Receive();
        if (!Streaming && Archive is { Hangs: false })
            ReadArchive();
        _world.After(TimeSpan.FromMilliseconds(_world.Random.Next(10, 40)), _process, Tick);
    }

    /// <summary>One look at the upstream: what it has flushed on this server's way is copied. Across a cut the connection is believed for a while.</summary>
    private void Receive()
    {
        if (ReceivesFrom() is not { } name || machine.Field[name] is not { Server: { } upstream } other || name == machine.Name)
        {
            EndReceiver();
            return;
        }
        if (!machine.Field.Network.Linked(other, machine) || !machine.Field.Network.Linked(machine, other))
            return;
        if (upstream.Deaf && !Streaming)
            return;
        if (!Serves(upstream, other))
        {
            EndReceiver();
            return;
        }
        if (machine.Disk.Full)
            return;
        var connects = !Streaming || StreamsFrom != name;
        (Streaming, StreamsFrom) = (true, name);
        Copy(upstream, other.Disk.Data!.Wal);
        Report(upstream, connects);
        if (!Told) // else it becomes primary in a moment, although it streams
            machine.Field.Ledger.Follows(machine.Name, Rows);
    }

    private bool Serves(SimServer upstream, SimMachine other)
    {
        if (upstream.Phase is not (ServerPhase.Up or ServerPhase.Stopping) || other.Disk.Data?.System != Data.System)
            return false;
        var span = upstream.Lineage.FirstOrDefault(s => s.Timeline.Value == Timeline);
        return span is not null && (span.End is { } left ? left.Value >= End : upstream.Flushed >= End)
            && other.Disk.Data.Wal.GoesOn(upstream.Lineage, End); // else: requested WAL segment has already been removed
    }

    private void Copy(SimServer upstream, SimWal theirs)
    {
        var before = (Timeline, End);
        foreach (var span in upstream.Lineage.Where(s => s.Timeline.Value >= Timeline))
        {
            var upto = Math.Min(span.End?.Value ?? ulong.MaxValue, upstream.Flushed);
            if (span.Timeline.Value != Timeline)
            {
                if (span.Begin.Value != End)
                    break;
                Timeline = span.Timeline.Value;
                Data.Wal.Note(Timeline, [.. upstream.Lineage.TakeWhile(s => s.Timeline.Value < Timeline), new(span.Timeline, span.Begin)]);
            }
            foreach (var record in theirs.From(Timeline, End).TakeWhile(r => r.End <= upto))
            {
                if (record.Start != End)
                    break;
                Data.Wal.Write(Timeline, record);
                End = record.End;
            }
        }
        if (before != (Timeline, End))
            Replayed(Data);
    }
}
