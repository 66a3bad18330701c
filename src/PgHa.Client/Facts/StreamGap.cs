using PgHa.Formats;

namespace PgHa.Client.Facts;

/// <summary>A segment that a node's WAL sender cannot serve, although its bytes may be here under another name.</summary>
/// <param name="Timeline">The timeline of the standby that asks for it.</param>
/// <param name="Segment">Where the segment begins.</param>
public sealed record StreamGap(TimelineId Timeline, Lsn Segment);
