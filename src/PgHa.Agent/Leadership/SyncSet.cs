using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace PgHa.Agent.Leadership;

/// <summary>
/// So many of these standbys: what a commit waits for, or where every acknowledged write is beside the primary. Immutable, the names in order. Pure.
/// </summary>
public sealed record SyncSet
{
    /// <summary>Nobody: commits wait for no standby; or of no standby it is known that it holds what was acknowledged.</summary>
    public static SyncSet None { get; } = new([], 0);

    /// <summary>A set.</summary>
    /// <param name="voters">The standbys.</param>
    /// <param name="needed">How many of them.</param>
    public SyncSet(IEnumerable<string> voters, int needed) => (Voters, Needed) = ([.. voters.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], needed);

    [JsonConstructor]
    internal SyncSet(ImmutableArray<string> voters, int needed)
        : this(voters.AsEnumerable(), needed)
    {
    }

    /// <summary>The standbys.</summary>
    public ImmutableArray<string> Voters { get; }

    /// <summary>How many of them.</summary>
    public int Needed { get; }

    /// <summary>Whoever can acknowledge under that setting is also an acknowledgement by this set.</summary>
    public bool Covers(SyncSet setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return setting.Needed - setting.Voters.Except(Voters).Count() >= Needed || Needed == 0;
    }

    /// <summary>These nodes meet every set that can have acknowledged: one of them has it.</summary>
    public bool IsMetBy(IReadOnlyCollection<string> seen) => Voters.Count(seen.Contains) > Voters.Length - Needed;

    /// <summary>What covers both, and every mixture of them while some WAL senders use the one and some the other.</summary>
    public SyncSet With(SyncSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new(Voters.Union(other.Voters), Math.Min(Needed, other.Needed));
    }

    /// <summary>The same where what that node holds does not count any more.</summary>
    public SyncSet Without(string node) => Voters.Contains(node) ? new(Voters.Remove(node), Math.Max(0, Needed - 1)) : this;

    /// <summary>Compared by what they say.</summary>
    public bool Equals(SyncSet? other) => other is not null && Needed == other.Needed && Voters.SequenceEqual(other.Voters);

    /// <inheritdoc />
    public override int GetHashCode() => Voters.Aggregate(Needed, HashCode.Combine);

    /// <inheritdoc />
    public override string ToString() => Voters.Length == 0 ? "no standby" : Voters.Length == 1 && Needed == 1 ? Voters[0] : $"{Needed} of {string.Join(", ", Voters)}";
}
