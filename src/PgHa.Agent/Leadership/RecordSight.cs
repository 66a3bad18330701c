namespace PgHa.Agent.Leadership;

/// <summary>How a node that does not hold the record has seen it. Pure.</summary>
/// <param name="Record">The record.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="SeenAt">When this node first had this revision in its hands, by its machine's clock since boot.</param>
public sealed record RecordSight(PrimaryRecord Record, long Revision, TimeSpan SeenAt)
{
    /// <summary>
    /// What is known after another look. What was seen before keeps its first moment. An etcd that was made anew counts its revisions from the beginning, so the epoch is
    /// compared first: within one etcd both only rise.
    /// </summary>
    /// <param name="before">What was known; null: nothing.</param>
    /// <param name="stands">What stands in etcd.</param>
    /// <param name="now">The machine's clock since boot, read after the answer was there.</param>
    public static RecordSight After(RecordSight? before, RecordAnswer.Stands stands, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(stands);
        return before is not null && !before.IsOlderThan(stands) ? before : new(stands.Record, stands.Revision, now);
    }

    /// <summary>Whether what stands there was written after this.</summary>
    public bool IsOlderThan(RecordAnswer.Stands stands)
    {
        ArgumentNullException.ThrowIfNull(stands);
        return (Record.Epoch, Revision).CompareTo((stands.Record.Epoch, stands.Revision)) < 0;
    }

    /// <summary>Whether this is what stands there, and not something before or after it.</summary>
    public bool Is(RecordAnswer.Stands stands)
    {
        ArgumentNullException.ThrowIfNull(stands);
        return Revision == stands.Revision && Record == stands.Record;
    }

    /// <summary>When it has run out, as seen from here: its D, and what two clocks may differ, after this revision was first seen.</summary>
    public TimeSpan RunsOutAt => SeenAt + (Record.D * (1 + Holding.Drift));

    /// <summary>Whether it has run out, or was given up. One that was ended for manual mode does not run out. The swap that follows fails if it was renewed unseen.</summary>
    public bool HasRunOut(TimeSpan now) => !Record.Manual && (Record.Released || now >= RunsOutAt);
}
