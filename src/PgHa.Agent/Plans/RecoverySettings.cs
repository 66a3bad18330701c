using System.Globalization;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Settings that decide whether a node can run in recovery, and keep running (facts 5 to 7).</summary>
/// <param name="Node">The node that is to run in recovery.</param>
/// <param name="NextStart">Each setting as the next start would have it, from files and command line.</param>
/// <param name="Control">The limits the server ran with last, from its own control file: a standby must not have less.</param>
public sealed record RecoverySettings(string Node, IReadOnlyDictionary<string, string> NextStart, IReadOnlyDictionary<string, int> Control)
{
    /// <summary>What a standby must not have less of than its own control file and its primary.</summary>
    public static readonly IReadOnlyList<string> Limits =
        ["max_connections", "max_prepared_transactions", "max_locks_per_transaction", "max_worker_processes", "max_wal_senders"];

    /// <summary>What ends recovery at some point, if it is set: a standby would stop there for ever.</summary>
    public static readonly IReadOnlyList<string> Targets =
        ["recovery_target", "recovery_target_lsn", "recovery_target_name", "recovery_target_time", "recovery_target_xid"];

    /// <summary>Which timeline recovery follows.</summary>
    public const string Timeline = "recovery_target_timeline";

    /// <summary>The node it is to follow; null while it follows none.</summary>
    public string? Upstream { get; init; }

    /// <summary>The limits the upstream runs with.</summary>
    public IReadOnlyDictionary<string, int> UpstreamLimits { get; init; } = new Dictionary<string, int>();

    /// <summary>Whether primary_conninfo stands on the server's command line, where it wins over postgresql.auto.conf.</summary>
    public bool ConninfoOnCommandLine { get; init; }

    /// <summary>Why the node would not start in recovery, or be stranded there; null where nothing stands in the way.</summary>
    public Refusal? Refuse() => RefuseLimit() ?? RefuseTarget() ?? RefuseTimeline() ?? RefuseConninfo();

    private Refusal? RefuseLimit()
    {
        foreach (var name in Limits)
        {
            var own = int.Parse(NextStart[name], CultureInfo.InvariantCulture);
            var before = Control[name];
            var theirs = UpstreamLimits.GetValueOrDefault(name);
            if (own < Math.Max(before, theirs))
                return new(Code.WrongState,
                    $"{name} is {own} in the configuration of {Node}, but {(theirs >= before ? $"{theirs} on {Upstream}" : $"{before} in its control file")}: "
                    + "a standby with a lower value does not start",
                    $"set {name} to at least {Math.Max(before, theirs)} on {Node}, and repeat the call");
        }
        return null;
    }

    private Refusal? RefuseTarget() => Targets.FirstOrDefault(name => NextStart[name].Length > 0) is not { } left ? null : new(Code.WrongState,
        $"{left} is '{NextStart[left]}' in the configuration of {Node}: a standby stops there for ever",
        $"remove {left} from the configuration of {Node} (in postgresql.auto.conf: ALTER SYSTEM RESET {left})");

    private Refusal? RefuseTimeline() => NextStart[Timeline] == "latest" ? null : new(Code.WrongState,
        $"{Timeline} is '{NextStart[Timeline]}' in the configuration of {Node}: a standby would not follow its primary over a promotion",
        $"set {Timeline} to 'latest', its default, on {Node}");

    private Refusal? RefuseConninfo() => Upstream is null || !ConninfoOnCommandLine ? null : new(Code.WrongState,
        $"primary_conninfo stands on the command line of the server of {Node}: it cannot be pointed at {Upstream}",
        $"write it to postgresql.conf instead, and start the server of {Node} once without it");
}
