using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Agent.Plans;

namespace PgHa.Agent.Succession;

/// <summary>A standby that streams from the primary.</summary>
/// <param name="Node">The node.</param>
/// <param name="Lives">It has flushed lately what there was.</param>
/// <param name="Eligible">It could take the primary's place.</param>
/// <param name="Priority">Its priority.</param>
public sealed record SyncStandby(string Node, bool Lives, bool Eligible, int Priority);

/// <summary>Which standbys commits are to wait for, and how PostgreSQL is told. Pure.</summary>
public static class SyncChoice
{
    /// <summary>Commits wait for one of these, whichever: what every node has before it is primary.</summary>
    public static SyncSet OneOf(IEnumerable<string> others) => new(others, 1);

    /// <summary>
    /// With <see cref="SyncMode.On"/> one standby, and it stays that one for as long as it lives. With <see cref="SyncMode.Quorum"/> all that live, and of those so many that with the
    /// primary they are more than half. Where none lives what is in force stays: commits wait.
    /// </summary>
    /// <param name="mode">On or quorum.</param>
    /// <param name="inForce">The setting that is in force.</param>
    /// <param name="record">The voters of the record.</param>
    /// <param name="standbys">The standbys that stream.</param>
    /// <param name="others">All other nodes.</param>
    public static SyncSet Wanted(SyncMode mode, SyncSet inForce, SyncSet? record, IReadOnlyCollection<SyncStandby> standbys, IReadOnlyCollection<string> others)
    {
        ArgumentNullException.ThrowIfNull(inForce);
        ArgumentNullException.ThrowIfNull(standbys);
        var living = standbys.Where(s => s.Lives).ToArray();
        if (living.Length == 0)
            return inForce.Needed > 0 && inForce.Voters.All(others.Contains) ? inForce : OneOf(others);
        if (mode == SyncMode.Quorum)
            return new(living.Select(s => s.Node), (living.Length + 1) / 2);
        return inForce is { Voters: [var chosen], Needed: 1 } && living.Any(s => s.Node == chosen) ? inForce
            : new([living.OrderByDescending(s => s.Eligible).ThenByDescending(s => record?.Voters.Contains(s.Node) == true).ThenByDescending(s => s.Priority).ThenBy(s => s.Node, StringComparer.Ordinal).First().Node], 1);
    }

    /// <summary>As PostgreSQL reads it.</summary>
    public static string Text(SyncSet setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return setting.Needed == 0 ? "" : new SyncNames(setting.Voters.Length == 1 ? SyncMethod.First : SyncMethod.Any, setting.Needed, setting.Voters).ToString();
    }

    /// <summary>What PostgreSQL's text means. One that may be satisfied by anybody, or is not understood, counts as none.</summary>
    public static SyncSet Parse(string text) => SyncNames.Parse(text) is { } names && !names.Mentions("*") ? new(names.Names, names.Count) : SyncSet.None;
}
