using System.Globalization;
using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Which settings can be set through the agents, and where a value has to wait for another node (facts 5 to 7 and 50). Pure.</summary>
public static class SettingRules
{
    private const string Postmaster = "postmaster";

    /// <summary>What the agents set, or have to find as it is: each with what to do instead.</summary>
    private static readonly Dictionary<string, string> Managed = new(StringComparer.Ordinal)
    {
        ["primary_conninfo"] = "the agents point a standby at its primary; what is not theirs of it (sslmode, user) is written on the node itself",
        ["primary_slot_name"] = "the agents keep a slot for each standby",
        ["synchronized_standby_slots"] = "the agents keep it what the primary needs",
        ["hot_standby"] = "it stays on: an agent asks its standby by SQL",
        ["promote_trigger_file"] = "pgha switchover and pgha failover promote a standby",
        ["recovery_target_timeline"] = "it stays latest: a standby follows its primary over a promotion",
        ["recovery_target_inclusive"] = "a standby of this cluster has no recovery target",
        ["recovery_target_action"] = "a standby of this cluster has no recovery target",
        ["port"] = "it is part of the node's address: change it in nodes on every node, and in the server's configuration (docs/nodes.md)",
        ["listen_addresses"] = "it belongs to the node's address: change it on the node itself, and restart that",
        ["unix_socket_directories"] = "it belongs to the node: change it on the node itself, and restart that",
        ["cluster_name"] = "it names one node: change it on the node itself, and restart that",
        ["data_directory"] = "it is postgres.data_dir of the agent's configuration",
        ["config_file"] = "it is postgres.config_file of the agent's configuration",
        ["hba_file"] = "it belongs to the node: change it on the node itself, and restart that",
        ["ident_file"] = "it belongs to the node: change it on the node itself, and restart that",
        ["external_pid_file"] = "it belongs to the node: change it on the node itself, and restart that",
        ["allow_alter_system"] = "PostgreSQL takes it from postgresql.conf only",
    };

    /// <summary>Who may set these may run programs as the server's user, or load code into it.</summary>
    private static readonly string[] Programs =
    [
        "archive_cleanup_command", "archive_command", "archive_library", "dynamic_library_path", "extension_control_path", "jit_provider", "local_preload_libraries", "recovery_end_command", "restore_command",
        "session_preload_libraries", "shared_preload_libraries", "ssl_passphrase_command",
    ];

    /// <summary>The first of the changes that says which programs or libraries the server runs; null: none does.</summary>
    public static string? RunsPrograms(string settings) => SettingChange.Parse(settings).Value?.Select(c => c.Name).FirstOrDefault(Programs.Contains);

    /// <summary>Why a setting is not set like this, or null.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="node">The node.</param>
    /// <param name="managesSync">Whether <c>failover.sync</c> is on.</param>
    public static Refusal? RefuseManaged(IReadOnlyList<SettingChange> changes, string node, bool managesSync)
    {
        ArgumentNullException.ThrowIfNull(changes);
        foreach (var name in changes.Select(c => c.Name))
            if (WayOut(name, managesSync) is { } instead)
                return new(Code.WrongState, $"{name} is not set for all nodes by pgha ({node})", instead);
        return null;
    }

    /// <summary>What the node itself must see before it sets something: a server that is about to start or to end may miss it.</summary>
    /// <param name="node">The node, as it is seen.</param>
    /// <param name="changes">The changes.</param>
    public static Refusal? RefuseSetting(NodeObservation node, IReadOnlyList<SettingChange> changes)
    {
        ArgumentNullException.ThrowIfNull(node);
        return RefuseManaged(changes, node.Node, node.ManagesSync) ?? (IsSettled(node) ? null : StartPlan.Unknown(node) with { Message = $"{node.Node} is neither stopped nor does its server answer" });
    }

    /// <summary>Why a node cannot be given these settings, or null.</summary>
    /// <param name="report">What it says of them.</param>
    /// <param name="changes">The changes.</param>
    public static Refusal? Refuse(SettingsReport report, IReadOnlyList<SettingChange> changes)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(changes);
        foreach (var change in changes)
            if (Refuse(report.Node, report.Of(change.Name), change) is { } refusal)
                return refusal;
        return StartRules.Refuse(report.Then);
    }

    private static Refusal? Refuse(string node, SettingFacts facts, SettingChange change) => facts switch
    {
        { Known: false, IsReset: true, Before: null } when change.Name.Contains('.', StringComparison.Ordinal) => null, // it went with its library
        { Known: false } => new(Code.Invalid, $"PostgreSQL of {node} knows no setting {change.Name}", "SELECT name FROM pg_settings lists them; those of an extension are there once it is in shared_preload_libraries"),
        { Context: "internal" } => new(Code.WrongState, $"{change.Name} cannot be changed: it belongs to how the cluster or the server was made", "SHOW shows it"),
        { Place: SettingWords.CommandLine } => new(Code.WrongState, $"{change.Name} stands on the command line of the server of {node}, which wins over what is set",
            $"start the server of {node} once by hand without {change.Name} on its command line, and repeat the call"),
        { Problem: { } problem } => new(Code.WrongState, $"{node} does not accept {change.Words}: {problem}", "give another value; nothing was changed"),
        _ => null,
    };

    /// <summary>Whether its files and its running server are not as they are to be, but for a restart.</summary>
    public static bool IsUnset(SettingFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return (facts.IsReset ? facts.Before is not null : facts.Next != facts.Then) || (facts.Context is not (null or Postmaster) && facts.Running is { } now && facts.Then is not null && now != facts.Then);
    }

    /// <summary>Whether only a restart of the running server brings it into force.</summary>
    public static bool NeedsRestart(SettingFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return facts is { Context: Postmaster, Running: { } now, Then: { } then } && now != then;
    }

    /// <summary>Whether it is one of the settings of which a standby must not have less than its primary.</summary>
    public static bool IsLimit(string name) => RecoveryRules.Limits.Contains(name);

    /// <summary>The number that a limit is to be; null where that is not known.</summary>
    public static int? Limit(SettingFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return Number(facts.Then);
    }

    /// <summary>Why a node must not have these values yet, or null: a standby never less than its primary runs with, nor less than the WAL asks for that it has replayed.</summary>
    /// <param name="node">The node that is to be changed.</param>
    /// <param name="view">All nodes.</param>
    /// <param name="reports">What they say of these settings; of some nothing may be known.</param>
    /// <param name="leftOut">Force answers for those of which nothing is known.</param>
    public static Refusal? RefuseOrder(string node, ClusterView view, IReadOnlyDictionary<string, Answer<SettingsReport>> reports, bool leftOut)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(reports);
        var own = reports[node].Value!;
        var limits = own.Settings.Where(s => IsLimit(s.Name)).ToArray();
        return view[node].Writable
            ? limits.Where(IsRaised).Select(s => RefuseRaising(s, view.Except(node), reports, leftOut)).FirstOrDefault(r => r is not null)
            : limits.Select(s => RefuseLowering(s, view[node], view.Primary, own, reports)).FirstOrDefault(r => r is not null);
    }

    /// <summary>Why the standby has not replayed that its primary lowered a limit, in words; null: it has, or nothing is lowered.</summary>
    /// <param name="own">What the standby says of the settings.</param>
    public static string? NotReplayed(SettingsReport own)
    {
        ArgumentNullException.ThrowIfNull(own);
        var behind = own.Settings.FirstOrDefault(s => IsLimit(s.Name) && Limit(s) < own.Then.Control.GetValueOrDefault(s.Name));
        return behind is null ? null : $"{own.Node} has not replayed yet that {behind.Name} was lowered from {own.Then.Control[behind.Name]} to {behind.Then}";
    }

    /// <summary>What it runs with is what a standby is compared with.</summary>
    internal static bool IsRaised(SettingFacts facts) => Number(facts.Then) > Number(facts.Running);

    internal static bool IsLowered(SettingFacts facts) => Number(facts.Then) < Number(facts.Running);

    internal static bool IsSettled(NodeObservation node) => node is { Reachable: true, DataProblem: null } && (node.Down || node is { Server: ServerStatus.Running, Sql: not null });

    private static Refusal? RefuseRaising(SettingFacts facts, IEnumerable<NodeObservation> others, IReadOnlyDictionary<string, Answer<SettingsReport>> reports, bool leftOut)
    {
        foreach (var other in others)
        {
            if (!reports.TryGetValue(other.Node, out var report) || !report.IsOk)
            {
                if (!leftOut)
                    return new(Code.WrongState, $"what {other.Node} has for {facts.Name} is not known: a standby needs at least as much as its primary", "bring its agent back, or force=true leaves it out");
                continue;
            }
            var theirs = report.Value.Of(facts.Name);
            if ((Number(theirs.Running) ?? Number(theirs.Next)) is { } has && has < Number(facts.Then) && !(leftOut && other.Down))
                return new(Code.WrongState, $"{facts.Name} is {has} on {other.Node}: with {facts.Then} on its primary it would stop replaying", "pgha set raises it on the standbys first");
        }
        return null;
    }

    private static Refusal? RefuseLowering(SettingFacts facts, NodeObservation node, NodeObservation? primary, SettingsReport own, IReadOnlyDictionary<string, Answer<SettingsReport>> reports)
    {
        if (Number(facts.Then) is not { } wanted)
            return null;
        if (primary is not null && reports.GetValueOrDefault(primary.Node).Value?.Of(facts.Name).Running is { } runs && wanted < Number(runs))
            return new(Code.WrongState, $"{primary.Node} runs with {facts.Name} = {runs}: with {wanted} {node.Node} would stop replaying", "pgha set lowers it on the primary first");
        return node.StandbySignal && NotReplayed(own) is { } early ? new(Code.WrongState, early, "wait until it has, or start it") : null;
    }

    private static string? WayOut(string name, bool managesSync) => RecoveryRules.Targets.Contains(name) ? "a standby stops there for ever"
        : name == NextStartRules.SyncStandbys ? managesSync ? "failover.sync says what commits wait for" : "it is the primary's: ALTER SYSTEM there, and the agents take it along to the next primary"
        : Managed.GetValueOrDefault(name);

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;
}
