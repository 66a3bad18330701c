using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Whether a node can run in recovery, goes on replaying there, and stays there (facts 5 to 7, 47 and 50). Pure.</summary>
public static class RecoveryRules
{
    /// <summary>What a standby must not have less of than its own control file and its primary.</summary>
    public static readonly IReadOnlyList<string> Limits =
        ["max_connections", "max_prepared_transactions", "max_locks_per_transaction", "max_worker_processes", "max_wal_senders"];

    /// <summary>What ends recovery at some point, if it is set: a standby would stop there for ever.</summary>
    public static readonly IReadOnlyList<string> Targets =
        ["recovery_target", "recovery_target_lsn", "recovery_target_name", "recovery_target_time", "recovery_target_xid"];

    /// <summary>Which timeline recovery follows.</summary>
    public const string Timeline = "recovery_target_timeline";

    internal const string Conninfo = "primary_conninfo";

    /// <summary>Why the node would not start in recovery, or be stranded there; null where nothing stands in the way.</summary>
    /// <param name="node">The node's next start.</param>
    /// <param name="upstream">The node it is to follow; null while it follows none.</param>
    /// <param name="limits">The limits the upstream will run with.</param>
    public static Refusal? Refuse(NextStart node, string? upstream, IReadOnlyDictionary<string, string> limits)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(limits);
        return StartRules.Refuse(node) ?? RefuseLimit(node, upstream, limits) ?? RefuseHotStandby(node) ?? RefusePromotion(node) ?? RefusePlace(node, upstream);
    }

    /// <summary>
    /// The part of it that is asked of every node that is to follow another, also of one that is only pointed there anew: its limits, and where
    /// its recovery goes.
    /// </summary>
    public static Refusal? RefuseSettings(NextStart node, string upstream, IReadOnlyDictionary<string, string> limits)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(limits);
        return node.Error is null ? RefuseLimit(node, upstream, limits) ?? RefusePlace(node, upstream) : StartRules.Refuse(node);
    }

    private static Refusal? RefusePlace(NextStart node, string? upstream) => RefuseTarget(node) ?? RefuseTimeline(node) ?? RefuseConninfo(node, upstream);

    /// <summary>Why a standby that goes on running would stop replaying under a new primary; null where nothing stands in the way.</summary>
    public static Refusal? RefuseRunning(NextStart node, string upstream, IReadOnlyDictionary<string, string> limits)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(limits);
        if (limits.Count == 0 || (!node.Runs && node.Running.Count == 0))
            return null;
        if ((KnownSettings.RefuseNumbers(node.Node, node.Running, Limits) ?? KnownSettings.RefuseNumbers(upstream, limits, Limits)) is { } unknown)
            return unknown;
        if (Limits.FirstOrDefault(n => Value(node.Running, n) < Value(limits, n)) is not { } name)
            return null;
        return new(Code.WrongState, $"{name} is {node.Running[name]} on {node.Node}, and {upstream} will run with {limits[name]}: {node.Node} would stop replaying",
            $"set {name} to at least {limits[name]} on {node.Node} and restart it (DELETE instance/current on {node.Node}, then POST instance/current on {node.Node}), or lower it on {upstream}, and repeat the call");
    }

    private static Refusal? RefuseLimit(NextStart node, string? upstream, IReadOnlyDictionary<string, string> limits)
    {
        if ((KnownSettings.RefuseNumbers(node, Limits) ?? (upstream is null || limits.Count == 0 ? null : KnownSettings.RefuseNumbers(upstream, limits, Limits))) is { } unknown)
            return unknown;
        foreach (var name in Limits)
        {
            var before = node.Control.GetValueOrDefault(name);
            var theirs = Value(limits, name);
            if (StartRules.Number(node, name) < Math.Max(before, theirs))
                return SettingWords.Refuse(node, name,
                    $"a standby needs at least as much as its primary, and it is {(theirs >= before ? $"{theirs} on {upstream}" : $"{before} in its control file")}",
                    $"to at least {Math.Max(before, theirs)}");
        }
        return null;
    }

    private static Refusal? RefuseHotStandby(NextStart node) => KnownSettings.Refuse(node, "hot_standby") ?? (node.Settings["hot_standby"] == "on" ? null
        : SettingWords.Refuse(node, "hot_standby", "as a standby it would answer nobody, its agent neither", "to on, its default"));

    private static Refusal? RefusePromotion(NextStart node) => node.PromoteFile is not { } file ? null : KnownSettings.Refuse(node, "promote_trigger_file")
        ?? SettingWords.Refuse(node, "promote_trigger_file", $"{file} is there, so that it would promote itself at once and be a second primary", null, $", or remove {file}");

    private static Refusal? RefuseTarget(NextStart node) => KnownSettings.Refuse(node, Targets) ?? (Targets.FirstOrDefault(n => node.Settings[n].Length > 0) is not { } left ? null
        : SettingWords.Refuse(node, left, "a standby stops there for ever", null));

    private static Refusal? RefuseTimeline(NextStart node) => KnownSettings.Refuse(node, Timeline) ?? (node.Settings[Timeline] == "latest" ? null
        : SettingWords.Refuse(node, Timeline, "a standby would not follow its primary over a promotion", "to 'latest', its default,"));

    private static Refusal? RefuseConninfo(NextStart node, string? upstream) => upstream is null || node.Places.GetValueOrDefault(Conninfo) != "the command line" ? null : new(Code.WrongState,
        $"{Conninfo} stands on the command line of the server of {node.Node}: it cannot be pointed at {upstream}",
        $"write it to postgresql.conf instead, and start the server of {node.Node} once without it");

    /// <summary>Of settings that are not compared (there is no upstream) it is 0.</summary>
    private static int Value(IReadOnlyDictionary<string, string> settings, string name) => KnownSettings.Number(settings, name) ?? 0;
}
