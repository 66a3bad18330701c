using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>What a role change does about synchronous replication.</summary>
/// <param name="Steps">Nothing, or one step on the new primary; it goes before anything is stopped or promoted.</param>
/// <param name="Evidence">What is to be said about it.</param>
public sealed record SyncVerdict(IReadOnlyList<Step> Steps, IReadOnlyList<Evidence> Evidence)
{
    /// <summary>The step as a stage, where there is one.</summary>
    public IReadOnlyList<IReadOnlyList<Step>> Stage => Steps.Count == 0 ? [] : [Steps];
}

/// <summary>
/// The new primary gets the old one's <c>synchronous_standby_names</c> with its own name replaced by the old primary's, before it accepts
/// writes (fact 21). Its own name is also the one that the operator, or PostgreSQL, gave it, where commits wait for that
/// (<see cref="StandbyNames"/>). Where too few of those it names would be attached, its first commits would wait for ever: then the setting
/// stays empty until they are, and its agent sets it. The old primary's own setting stays as it is: in recovery it means nothing, and after
/// the next change it is right again. Pure.
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
        if (view[target].ManagesSync)
            return new([], [new SyncIsManaged(target)]);
        var before = Known(target, view);
        var own = view[target].Sql?.SynchronousStandbyNames;
        if (before is { Names.Length: > 0 })
            return SyncNames.Parse(before.Names) is { } names
                ? Verdict(target, Turned(names, target, before.Primary, view), own, new(SyncCauseKind.LastPrimary, before.Primary, before.Names), following, view)
                : new([], [new SyncNotUnderstood(before.Primary, before.Names)]);
        if (own is not { Length: > 0 })
            return new([], []);
        if (SyncNames.Parse(own) is { } stale && stale.Mentions(target))
            return Verdict(target, stale.Turn(target, before?.Primary), own, new(SyncCauseKind.NamesItself, target, own), following, view);
        return before is not null && SyncNames.Parse(own) is { } kept && !kept.IsSatisfiedBy(StandbyNames.Following(following, view, kept))
            ? Verdict(target, kept, own, new(SyncCauseKind.Own, target, own), following, view)
            : new([], [new SyncStays(target, own)]);
    }

    /// <summary>What is to be remembered after a look at the primary.</summary>
    public static PrimarySync Remember(PrimarySync? last, string primary, string names) =>
        last is { Relaxed: true } && last.Primary == primary && names.Length == 0 ? last : new(primary, names);

    /// <summary>For the new primary: the old one is named where the new one was, by its own name or by the one it announces itself under.</summary>
    private static SyncNames Turned(SyncNames names, string target, string oldPrimary, ClusterView view)
    {
        var turned = names.Turn(target, oldPrimary);
        return view[target].Sql?.AnnouncedName is { } announced && turned.Mentions(announced) && !SyncNames.Same(announced, oldPrimary)
            ? turned.Replace(announced, oldPrimary, view.Except(target).Any(n => n.Node != oldPrimary && (n.Sql?.AnnouncedName is not { } other || SyncNames.Same(other, announced))))
            : turned;
    }

    private static SyncVerdict Verdict(string target, SyncNames turned, string? own, SyncCause why, IReadOnlyCollection<string> following, ClusterView view)
    {
        if (turned.Names.Count == 0)
            return new([new SetSync(target, "", null)], [new SyncGetsNone(why, target)]);
        if (!turned.IsSatisfiedBy(StandbyNames.Following(following, view, turned)))
            return new([new SetSync(target, "", turned.ToString())], [new SyncComesLater(why, target, [.. following], turned)]);
        return own is not null && turned.Equals(SyncNames.Parse(own))
            ? new([], [new SyncIsRight(why, target, own)])
            : new([new SetSync(target, turned.ToString(), null)], [new SyncIsSet(why, target, turned)]);
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
