namespace PgHa.Formats;

/// <summary>The part of a lineage that one timeline wrote.</summary>
/// <param name="Timeline">The timeline.</param>
/// <param name="Begin">Its first position: where its parent ended; zero for the first one.</param>
/// <param name="End">The switch point, the first position that is no longer its own; null for the timeline that goes on.</param>
public sealed record TimelineSpan(TimelineId Timeline, Lsn Begin, Lsn? End = null)
{
    /// <summary>Whether a position lies in this span.</summary>
    public bool Contains(Lsn lsn) => Begin <= lsn && (End is null || lsn < End);
}
