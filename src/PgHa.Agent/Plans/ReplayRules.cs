using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>A standby that streams and does not replay cannot take over, though it is shown as a standby. Pure.</summary>
public static class ReplayRules
{
    /// <summary>Why the running standby cannot become primary in a switchover, or null. It is asked before anything is stopped.</summary>
    /// <param name="target">The standby.</param>
    /// <param name="form">How it would become primary: a restart replays what a pause has held back, a promotion cannot wait for that.</param>
    public static Refusal? Refuse(NodeObservation target, SwitchoverForm form)
    {
        ArgumentNullException.ThrowIfNull(target);
        var (node, problem) = (target.Node, target.ReplayProblem);
        if (target.Sql is not { Held: { } held } sql || problem is null)
            return null;
        if (held.ForGood)
            return new(Code.WrongState, $"{node} streams, but {problem}", WayOut(node, held));
        return form == SwitchoverForm.Promote && sql.Replay < sql.Receive
            ? new(Code.WrongState, $"{node} streams, but {problem}: it has replayed WAL to {sql.Replay} only, and received it to {sql.Receive}",
                $"SELECT pg_wal_replay_resume() on {node}, or switch over by restart, which replays the rest first")
            : null;
    }

    /// <summary>How it comes to replay again: it has to be started anew, with what it lacks.</summary>
    public static string WayOut(string node, ReplayFacts held)
    {
        ArgumentNullException.ThrowIfNull(held);
        return $"{Restart(node, held.Short)}, and repeat the call";
    }

    /// <summary>What lets it replay again.</summary>
    internal static string Restart(string node, IEnumerable<ShortLimit> tooLow) =>
        $"set {string.Join(", ", tooLow.Select(s => $"{s.Name} to at least {s.Needs}"))} in the configuration of {node}, "
        + $"restart it (DELETE instance/current on {node}, then POST instance/current on {node})";

    /// <summary>What a plan says of standbys that it only points elsewhere, or leaves as they are.</summary>
    public static IEnumerable<Evidence> Evidence(IEnumerable<NodeObservation> nodes) => nodes
        .Where(n => n is { InRecovery: true, ReplayProblem: not null })
        .Select(n => new DoesNotReplay(n.Node, n.ReplayProblem!, [.. n.Sql!.Held!.Short]));
}
