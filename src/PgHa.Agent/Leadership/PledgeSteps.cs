namespace PgHa.Agent.Leadership;

/// <summary>What a node knows of its own pledge at one moment. Immutable.</summary>
public sealed record PledgeSight
{
    /// <summary>It is to stand. Otherwise it is to be taken back, as far as that may be.</summary>
    public required bool Wanted { get; init; }

    /// <summary>The note on its own disk stands: it follows nobody but the holder of a later epoch.</summary>
    public required bool Noted { get; init; }

    /// <summary>The note says that the pledge was taken back.</summary>
    public bool NotedAsWithdrawn { get; init; }

    /// <summary>No WAL receiver can start any more: the configuration names no primary, durably, and the server has read that.</summary>
    public bool Emptied { get; init; }

    /// <summary>A WAL receiver runs, or may.</summary>
    public bool Receives { get; init; }

    /// <summary>This run of the agent has had it written in etcd, or may have.</summary>
    public bool Written { get; init; }

    /// <summary>etcd has acknowledged that it does not stand there, and that a late write of it does nothing.</summary>
    public bool Withdrawn { get; init; }

    /// <summary>The record as it was read after that: the epoch that was pledged, or a later one, was taken. Null: not known.</summary>
    public bool? Taken { get; init; }

    /// <summary>It follows the node that has taken it, or is that node.</summary>
    public bool Follows { get; init; }
}

/// <summary>The next thing to do about a pledge.</summary>
public enum PledgeStep
{
    /// <summary>Nothing, or wait.</summary>
    None,

    /// <summary>Note it on the disk: from then on this node follows nobody but the holder of a later epoch, whatever restarts.</summary>
    Note,

    /// <summary>Empty <c>primary_conninfo</c>, durably, and see that the server has read it.</summary>
    Empty,

    /// <summary>End the WAL receiver.</summary>
    EndReceiver,

    /// <summary>Read the end of the flushed WAL, and write the pledge.</summary>
    Write,

    /// <summary>Take it back in etcd.</summary>
    Withdraw,

    /// <summary>Read the record.</summary>
    ReadRecord,

    /// <summary>Note that it was taken back.</summary>
    NoteWithdrawn,

    /// <summary>Put <c>primary_conninfo</c> back as it was, and forget the note.</summary>
    Restore,
}

/// <summary>
/// How a pledge comes to stand, and how it is taken back, one step at a time: wherever it is interrupted a pledge that stands in etcd, or may yet come to stand, is one of a node that receives
/// nothing from the old primary. Pure.
/// </summary>
public static class PledgeSteps
{
    /// <summary>The next step.</summary>
    public static PledgeStep Next(PledgeSight sight)
    {
        ArgumentNullException.ThrowIfNull(sight);
        return !sight.Noted ? sight.Wanted ? PledgeStep.Note : PledgeStep.None
            : sight.NotedAsWithdrawn || sight.Follows ? PledgeStep.Restore
            : sight.Wanted ? Give(sight) : TakeBack(sight);
    }

    private static PledgeStep Give(PledgeSight sight) => sight.Written ? PledgeStep.None : !sight.Emptied ? PledgeStep.Empty : sight.Receives ? PledgeStep.EndReceiver : PledgeStep.Write;

    /// <summary>Where the record was taken before the pledge was taken back nothing is put back: it stays cut off from the old primary, and follows the new one.</summary>
    private static PledgeStep TakeBack(PledgeSight sight) =>
        !sight.Withdrawn ? PledgeStep.Withdraw : sight.Taken is not { } taken ? PledgeStep.ReadRecord : taken ? PledgeStep.None : PledgeStep.NoteWithdrawn;
}
