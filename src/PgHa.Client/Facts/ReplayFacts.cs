namespace PgHa.Client.Facts;

/// <summary>What stands between a standby and its promotion (fact 17). The commands themselves are not told: they may hold passwords.</summary>
/// <param name="Paused">Replay is paused.</param>
/// <param name="AsksArchive"><c>restore_command</c> is set.</param>
/// <param name="EndsWithCommand"><c>recovery_end_command</c> is set.</param>
/// <param name="Delay"><c>recovery_min_apply_delay</c> as it is set; null where there is none.</param>
public sealed record ReplayFacts(bool Paused, bool AsksArchive, bool EndsWithCommand, string? Delay)
{
    /// <summary>Nothing does.</summary>
    public static ReplayFacts Free { get; } = new(false, false, false, null);
}
