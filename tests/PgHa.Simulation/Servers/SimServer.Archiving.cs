namespace PgHa.Simulation;

/// <summary>archive_command of the primary, and restore_command in recovery.</summary>
internal sealed partial class SimServer
{
    private SimArchive? Archive => machine.Field.Archive;

    /// <summary>The archiver of the primary.</summary>
    private void Archiving()
    {
        if (Archive is not null)
            _world.After(TimeSpan.FromMilliseconds(_world.Random.Next(50, 1500)), _process, () =>
            {
                if (Phase != ServerPhase.Up || InRecovery)
                    return;
                TryArchive();
                Archiving();
            });
    }

    /// <summary>Archives what is flushed. False: some of it is not archived, and stays in pg_wal.</summary>
    private bool TryArchive() => Archive is null || InRecovery || (!Archive.Hangs && Archive.Take(Data.Wal, Lineage, _flushed));

    /// <summary>At the start in recovery: it goes for the newest timeline that it finds. Where it comes to; null: its own checkpoint is not on that.</summary>
    private static (uint Timeline, ulong End)? Restore(SimArchive archive, SimData data)
    {
        var lineage = archive.Lineage(archive.Newest(data.Timeline, data.Wal), data.Wal);
        if (lineage.FirstOrDefault(s => s.Timeline.Value == data.Timeline) is not { } own || (own.End is { } left && left.Value < data.CheckPointEnd))
            return null;
        return archive.Restore(data.Wal, lineage, lineage.Last(s => s.Begin.Value <= data.CheckPoint).Timeline.Value, data.CheckPoint);
    }

    /// <summary>What it cannot stream it reads from the archive, and follows a newer timeline that leaves its own one ahead of it (rescanLatestTimeLine).</summary>
    private void ReadArchive()
    {
        if (Archive is not { } archive)
            return;
        var newest = archive.Lineage(archive.Newest(Timeline, Data.Wal), Data.Wal);
        var lineage = newest.FirstOrDefault(s => s.Timeline.Value == Timeline) is { } own && (own.End is not { } left || left.Value >= End) ? newest : Lineage;
        if (archive.Restore(Data.Wal, lineage, Timeline, End) is var (on, end) && (on, end) == (Timeline, End))
            return;
        (Timeline, End) = (on, end);
        Replayed(Data);
    }
}
