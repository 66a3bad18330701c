using System.Text.Json.Serialization;

namespace PgHa.Client.Facts;

/// <summary>What stands between a standby and its promotion (fact 17). The commands themselves are not told: they may hold passwords.</summary>
/// <param name="Paused">Replay is paused.</param>
/// <param name="AsksArchive"><c>restore_command</c> is set.</param>
/// <param name="EndsWithCommand"><c>recovery_end_command</c> is set.</param>
/// <param name="Delay"><c>recovery_min_apply_delay</c> as it is set; null if there is none.</param>
public sealed record ReplayFacts(bool Paused, bool AsksArchive, bool EndsWithCommand, string? Delay = null)
{
    /// <summary>
    /// The limits that the running standby has less of than the WAL which it has replayed asks for: from there it replays nothing more (fact 50).
    /// </summary>
    public IReadOnlyList<ShortLimit> Short { get => field ?? []; init; }

    /// <summary>Replay never goes on in this server, whatever it streams: it has to be started anew with higher limits.</summary>
    [JsonIgnore]
    public bool ForGood => Short.Count > 0;

    /// <summary>Why it replays nothing, in words; null if it does.</summary>
    [JsonIgnore]
    public string? Problem => ForGood ? $"its replay stands still for good: {string.Join(", ", Short.Select(s => $"{s.Name} is {s.Has}, and its primary runs with {s.Needs}"))}"
        : Paused ? "its replay is paused"
        : null;

    /// <summary>Nothing does.</summary>
    public static ReplayFacts Free { get; } = new(false, false, false, null);
}

/// <summary>A limit of a running standby that is too low.</summary>
/// <param name="Name">The setting.</param>
/// <param name="Has">What the standby runs with.</param>
/// <param name="Needs">What its primary runs with, as the standby's control file says.</param>
public sealed record ShortLimit(string Name, int Has, int Needs);
