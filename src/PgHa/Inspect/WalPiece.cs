using PgHa.Formats;

namespace PgHa.Inspect;

/// <summary>A file that holds a segment, or a part of it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Segment">The segment.</param>
/// <param name="Until">Up to where it counts: what a timeline wrote past its switch point is not part of a lineage; null for all of it.</param>
internal sealed record WalPiece(string Path, WalSegment Segment, Lsn? Until = null);
