using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>What a role change does about synchronous replication.</summary>
/// <param name="Steps">Nothing, or one step on the new primary; it goes before anything is stopped or promoted.</param>
/// <param name="Evidence">What is to be said about it.</param>
public sealed record SyncVerdict(IReadOnlyList<Step> Steps, IReadOnlyList<string> Evidence)
{
    /// <summary>The step as a stage, where there is one.</summary>
    public IReadOnlyList<IReadOnlyList<Step>> Stage => Steps.Count == 0 ? [] : [Steps];
}

/// <summary>
/// The new primary gets the old one's <c>synchronous_standby_names</c> with its own name replaced by the old primary's, before it accepts
/// writes (fact 21). Where too few of those it names would be attached, its first commits would wait for ever: then the setting stays
/// empty until they are, and its agent sets it. The old primary's own setting stays as it is: in recovery it means nothing, and after the
/// next change it is right again. Pure.
/// </summary>
public static class SyncRules
{
    /// <summary>What is to be done.</summary>
    /// <param name="target">The node that becomes primary.</param>
    /// <param name="view">All nodes.</param>
    /// <param name="following">The nodes that will be its standbys when the change is done.</param>
    public static SyncVerdict For(string target, ClusterView view, IReadOnlyCollection<string> following)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(following);
        var before = Known(target, view);
        var own = view[target].Sql?.SynchronousStandbyNames;
        if (before is not { Names.Length: > 0 })
            return own is { Length: > 0 } && SyncNames.Parse(own) is { } stale && stale.Mentions(target)
                ? Verdict(target, stale.Turn(target, before?.Primary), own, $"the synchronous_standby_names of {target} names itself", following)
                : new([], own is { Length: > 0 } ? [$"synchronous_standby_names of {target} stays {own}"] : []);
        return SyncNames.Parse(before.Names) is { } names
            ? Verdict(target, names.Turn(target, before.Primary), own, $"synchronous_standby_names of {before.Primary} is {before.Names}", following)
            : new([], [$"synchronous_standby_names of {before.Primary} is not understood and left alone: {before.Names}"]);
    }

    /// <summary>What is to be remembered after a look at the primary.</summary>
    public static PrimarySync Remember(PrimarySync? last, string primary, string names) =>
        last is { Relaxed: true } && last.Primary == primary && names.Length == 0 ? last : new(primary, names);

    private static SyncVerdict Verdict(string target, SyncNames turned, string? own, string why, IReadOnlyCollection<string> following)
    {
        if (turned.Names.Count == 0)
            return new([new SetSync(target, "", null)], [$"{why}: no other standby is named, so {target} gets none"]);
        if (!turned.IsSatisfiedBy(following))
            return new([new SetSync(target, "", turned.ToString())],
                [$"{why}: commits on {target} would wait for ever with {(following.Count == 0 ? "no standby" : string.Join(", ", following))}; it gets {turned} as soon as enough standbys stream"]);
        return own is not null && turned.Equals(SyncNames.Parse(own))
            ? new([], [$"{why}; {target} has {own}"])
            : new([new SetSync(target, turned.ToString(), null)], [$"{why}: {target} gets {turned}"]);
    }

    /// <summary>The primary's setting, or what was last known of the one before; null where the target was it.</summary>
    private static PrimarySync? Known(string target, ClusterView view)
    {
        var running = view.Primary is { Sql.SynchronousStandbyNames: { } names } primary ? new PrimarySync(primary.Node, names) : null;
        var last = running ?? view[target].PrimarySync ?? view.Except(target).Select(n => n.PrimarySync).FirstOrDefault(s => s is not null);
        if (last is null || last.Primary == target)
            return null;
        // One that had to do without for a while: only its own agent knows what it is to have.
        return last.Names.Length > 0 ? last : view.Nodes.Select(n => n.PrimarySync).FirstOrDefault(s => s is { Relaxed: true } && s.Primary == last.Primary) ?? last;
    }
}
