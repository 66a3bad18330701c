using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>
/// A plan's starts are judged before its first step: every node that it starts, in each role that it will have, also if the plan is undone.
/// Pure: each node's agent has read what its own next start would do.
/// </summary>
public static class NextStartRules
{
    /// <summary>The nodes that have to be asked; none where the plan starts and points nobody.</summary>
    public static IReadOnlyList<string> Asked(Plan plan, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(view);
        var roles = Roles(plan);
        var asked = roles.Select(r => r.Node).Concat(roles.Select(r => r.Upstream).OfType<string>()).Concat(Steps(plan).OfType<TakeOver>().Select(s => s.Node));
        return [.. asked.Distinct().Except(Steps(plan).OfType<CloneFrom>().Select(s => s.Node)).Where(n => view[n].DataProblem is null)];
    }

    /// <summary>The plan, with what the next starts add to its evidence, or why it must not begin.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="answers">Of the nodes that were asked.</param>
    /// <param name="wal">The nodes' WAL.</param>
    public static Decision Judge(Plan plan, IReadOnlyDictionary<string, Answer<NextStart>> answers, WalView wal)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(answers);
        var starts = Starts(plan).ToHashSet();
        var evidence = Steps(plan).OfType<TakeOver>().Where(s => !starts.Contains(s.Node) && answers.TryGetValue(s.Node, out var a) && a.IsOk).SelectMany(s => Pending(answers[s.Node].Value!)).ToList();
        foreach (var role in Roles(plan).Where(r => answers.ContainsKey(r.Node)))
        {
            if (!answers[role.Node].IsOk)
                return new Refused(answers[role.Node].Refusal!);
            var node = answers[role.Node].Value!;
            evidence.AddRange(role.Kind == RoleKind.Follower ? [] : StartRules.Named(node));
            if (role is { Kind: RoleKind.Recovery } && node.ArchiveIsSlow)
                evidence.Add(ArchiveRules.SlowAtStart(node.Node));
            if (Refuse(role, node, Limits(role, answers, starts), wal) is not { } refusal)
                continue;
            if (role.Kind != RoleKind.Follower || plan.Undo is StartAll)
                return new Refused(refusal);
            evidence.Add(refusal.Message); // the primary is down: a standby that falls behind is no reason to leave it so
        }
        return plan with { Evidence = [.. plan.Evidence, .. evidence.Distinct()] };
    }

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
    private static IEnumerable<string> Pending(NextStart node)
    {
        if ((StartRules.Refuse(node) ?? (node.PromoteFile is null ? null : RecoveryRules.Refuse(node, null, node.Settings))) is { } refusal)
            yield return $"the next start of {node.Node} after this: {refusal.Message}";
        foreach (var name in node.Running.Keys.Where(n => node.Settings.TryGetValue(n, out var next) && next != node.Running[n]).Order(StringComparer.Ordinal))
            yield return SettingWords.Of(node, name);
    }

    private static IEnumerable<Step> Steps(Plan plan) => plan.Stages.SelectMany(s => s);

    private static IEnumerable<string> Starts(Plan plan) =>
        Steps(plan).Where(s => s is StartAsPrimary or StartAsStandby or StartInRecovery or ReplayWal or FollowOrReclone).Select(s => s.Node);

    /// <summary>Every role that a node is to have, those that an undo gives it, too.</summary>
    private static List<Role> Roles(Plan plan)
    {
        var steps = Steps(plan).ToArray();
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
        roles.AddRange(plan.Undo switch
        {
            StartAll undo => stopped.Select(n => n == undo.Called ? new Role(n, RoleKind.Primary) { HasStandbys = true } : new(n, RoleKind.Recovery)),
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
