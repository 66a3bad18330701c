using PgHa.Formats;

namespace PgHa.Inspect;

/// <summary>What of the WAL is asked for.</summary>
/// <param name="From">The first record that starts here or later; null for the first there is.</param>
/// <param name="To">Only records that start before; null for all.</param>
/// <param name="Limit">The most records.</param>
/// <param name="Rmgrs">The resource managers; null for all.</param>
/// <param name="Timeline">The timeline along whose lineage a folder is read; null for the newest.</param>
/// <param name="Statistics">Statistics instead of the records.</param>
/// <param name="PerOperation">Statistics for each operation.</param>
/// <param name="IsJson">For programs.</param>
internal sealed record WalSelection(
    Lsn? From, Lsn? To, long Limit, HashSet<byte>? Rmgrs, TimelineId? Timeline, bool Statistics, bool PerOperation, bool IsJson);
