using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Whether a plan's starts would go well.</summary>
/// <param name="Refusal">Why it must not begin, or null.</param>
/// <param name="Evidence">What is to be said of them.</param>
public sealed record StartsVerdict(Refusal? Refusal, IReadOnlyList<Evidence> Evidence)
{
    /// <summary>Nothing is to be said.</summary>
    public static StartsVerdict Fine { get; } = new(null, []);
}

/// <summary>
/// A plan's starts are judged before its first step: every node that it starts, in each role that it will have, also if the plan is undone.
/// Pure: each node's agent has read what its own next start would do.
/// </summary>
public static class NextStartRules
{
    /// <summary>The setting that says whom commits wait for.</summary>
    internal const string SyncStandbys = "synchronous_standby_names";

    /// <summary>The nodes that have to be asked; none where the plan starts and points nobody.</summary>
    public static IReadOnlyList<string> Asked(IReadOnlyList<IReadOnlyList<Step>> stages, MandatedRequest? undo, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        Step[] steps = [.. stages.SelectMany(s => s)];
        var roles = Roles(steps, undo);
        var asked = roles.Select(r => r.Node).Concat(roles.Select(r => r.Upstream).OfType<string>()).Concat(steps.OfType<TakeOver>().Select(s => s.Node));
        return [.. asked.Distinct().Except(steps.OfType<CloneFrom>().Select(s => s.Node)).Where(n => view[n].DataProblem is null)];
    }

    /// <summary>The verdict on all starts of a plan; nodes that were not asked are not judged.</summary>
    /// <param name="stages">The stages of the plan.</param>
    /// <param name="undo">What undoes it.</param>
    /// <param name="facts">What the next starts would do, and the nodes' WAL.</param>
    public static StartsVerdict Judge(IReadOnlyList<IReadOnlyList<Step>> stages, MandatedRequest? undo, PlanFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var answers = facts.NextStarts;
        Step[] steps = [.. stages.SelectMany(s => s)];
        var starts = Starts(steps).ToHashSet();
        List<Evidence> evidence = [.. steps.OfType<TakeOver>().Where(s => !starts.Contains(s.Node) && answers.TryGetValue(s.Node, out var a) && a.IsOk).SelectMany(s => Pending(answers[s.Node].Value!))];
        foreach (var role in Roles(steps, undo).Where(r => answers.ContainsKey(r.Node)))
        {
            if (!answers[role.Node].IsOk)
                return new(answers[role.Node].Refusal, evidence);
            var node = answers[role.Node].Value!;
            evidence.AddRange(role.Kind == RoleKind.Follower ? [] : StartRules.Named(node));
            if (role is { Kind: RoleKind.Recovery } && node.ArchiveIsSlow)
                evidence.Add(new ArchiveIsSlow(node.Node));
            if ((Unread(role, answers) ?? Refuse(role, node, Limits(role, answers, starts), facts.Wal)) is not { } refusal)
                continue;
            if (role.Kind != RoleKind.Follower || undo?.Request is StartAll)
                return new(refusal, evidence);
            evidence.Add(new PassedOver(refusal)); // the primary is down: a standby that falls behind is no reason to leave it so
        }
        foreach (var refusal in steps.OfType<SetSync>().Select(s => RefuseNames(s, answers)).OfType<Refusal>())
        {
            if (undo?.Request is StartAll)
                return new(refusal, evidence);
            evidence.Add(new PassedOver(refusal));
        }
        return new(null, [.. evidence.Distinct()]);
    }

    /// <summary>What stands on the command line wins over what is set: commits would wait for others than those that will follow.</summary>
    private static Refusal? RefuseNames(SetSync step, IReadOnlyDictionary<string, Answer<NextStart>> answers) =>
        answers.GetValueOrDefault(step.Node).Value is { } node && node.Places.GetValueOrDefault(SyncStandbys) == "the command line"
            ? new(Code.WrongState, $"{SyncStandbys} stands on the command line of the server of {step.Node} ({node.Settings.GetValueOrDefault(SyncStandbys)}): "
                + $"it cannot be set to {(step.Names.Length > 0 ? step.Names : "nothing")}",
                $"{SettingWords.WayOut(node, SyncStandbys, null)}, and repeat the call")
            : null;

    /// <summary>What a standby that runs on will have to keep up with is not known. Any other is compared once more before it starts (<see cref="CheckUpstream"/>).</summary>
    private static Refusal? Unread(Role role, IReadOnlyDictionary<string, Answer<NextStart>> answers) =>
        role is { Kind: RoleKind.Follower, Upstream: { } upstream } ? answers.GetValueOrDefault(upstream).Refusal : null;

    private static Refusal? Refuse(Role role, NextStart node, IReadOnlyDictionary<string, string> limits, WalView wal) => role.Kind switch
    {
        RoleKind.Primary => StartRules.RefuseAsPrimary(node, role.HasStandbys),
        RoleKind.Recovery => RecoveryRules.Refuse(node, role.Upstream, limits) ?? (role.Upstream is { } upstream ? ArchiveRules.RefuseStart(node, upstream, wal) : null),
        _ => RecoveryRules.RefuseRunning(node, role.Upstream!, limits),
    };

    /// <summary>An upstream that the plan starts has its new settings then.</summary>
    private static IReadOnlyDictionary<string, string> Limits(Role role, IReadOnlyDictionary<string, Answer<NextStart>> answers, HashSet<string> starts) =>
        role.Upstream is { } upstream && answers.TryGetValue(upstream, out var answer) && answer.IsOk
            ? starts.Contains(upstream) ? answer.Value.Settings : answer.Value.Running
            : new Dictionary<string, string>();

    /// <summary>The target of a switchover by promotion is not started anew: what waits there matters at its next start.</summary>
    private static IEnumerable<Evidence> Pending(NextStart node)
    {
        if ((StartRules.Refuse(node) ?? (node.PromoteFile is null ? null : RecoveryRules.Refuse(node, null, node.Settings))) is { } refusal)
            yield return new WouldNotStartLater(node.Node, refusal);
        foreach (var name in node.Running.Keys.Where(n => node.Settings.TryGetValue(n, out var next) && next != node.Running[n]).Order(StringComparer.Ordinal))
            yield return NextSetting.Of(node, name);
    }

    private static IEnumerable<string> Starts(Step[] steps) =>
        steps.Where(s => s is StartAsPrimary or StartAsStandby or StartInRecovery or ReplayWal or FollowOrReclone).Select(s => s.Node);

    /// <summary>Every role that a node is to have, those that an undo gives it, too.</summary>
    private static List<Role> Roles(Step[] steps, MandatedRequest? undo)
    {
        var followed = steps.Select(s => s is StartAsStandby join ? join.Upstream : s is Follow follow ? follow.Upstream : null).ToHashSet();
        var roles = steps.Select(s => s switch
        {
            StartAsPrimary => new Role(s.Node, RoleKind.Primary) { HasStandbys = followed.Contains(s.Node) },
            StartAsStandby join => new(s.Node, RoleKind.Recovery) { Upstream = join.Upstream },
            FollowOrReclone join => new(s.Node, RoleKind.Recovery) { Upstream = join.Upstream },
            StartInRecovery or ReplayWal => new(s.Node, RoleKind.Recovery),
            Follow follow => new(s.Node, RoleKind.Follower) { Upstream = follow.Upstream },
            _ => null,
        }).OfType<Role>().ToList();
        var stopped = steps.Where(s => s is StopServer or HandOver).Select(s => s.Node).ToArray();
        roles.AddRange(undo?.Request switch
        {
            StartAll back => stopped.Select(n => n == back.Called ? new Role(n, RoleKind.Primary) { HasStandbys = true } : new(n, RoleKind.Recovery)),
            StartNode => stopped.Select(n => new Role(n, RoleKind.Recovery)),
            _ => [],
        });
        return roles;
    }

    private enum RoleKind
    {
        Primary,
        Recovery,
        Follower,
    }

    private sealed record Role(string Node, RoleKind Kind)
    {
        internal string? Upstream { get; init; }

        internal bool HasStandbys { get; init; }
    }
}
