using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Whether a primary may be ended now for its successor. Pure.</summary>
public static class HandoverRules
{
    /// <summary>What the successor may lack of what the primary has flushed: it comes from the primary's files while nobody can write, some 100 ms for that much.</summary>
    private const ulong Nearly = 64UL << 20;

    /// <summary>Why not, or null.</summary>
    /// <param name="primary">The primary.</param>
    /// <param name="successor">The standby that is to take over.</param>
    /// <param name="assurances">What is known of nodes that cannot be asked.</param>
    /// <param name="view">All nodes, now.</param>
    public static Refusal? RefuseNow(string primary, string successor, IReadOnlyCollection<Assurance> assurances, ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(assurances);
        ArgumentNullException.ThrowIfNull(view);
        var target = view[successor];
        if (target is not { InRecovery: true, Sql: { } sql })
            return Cannot(successor, primary, $"is {target.State.Words()} now{(target.Problem is { } problem ? $" ({problem})" : "")}");
        if (view[primary].Sql?.Flush is { } flushed && Behind(sql, flushed) is > Nearly and var bytes)
            return Cannot(successor, primary, $"has fallen {bytes >> 20} MB behind");
        if (view.Nodes.FirstOrDefault(n => n is { DataProblem: not null, RewindUnfinished: false } && !assurances.AnswerFor(n.Node)) is { } unread)
            return new(Code.WalNotProven, $"the data of {unread.Node} cannot be read any more: {unread.DataProblem}", $"make it readable, or repeat the call, which is planned anew; {primary} serves on");
        return view.Unknown.FirstOrDefault(n => n.Node != primary && !assurances.AnswerFor(n.Node)) is not { } lost ? null
            : new(Code.AnotherWritable, $"{lost.Node} does not answer any more ({lost.Problem}): it cannot be asked whether {successor} may become primary",
                $"bring its agent back, or repeat the call without it; {primary} serves on");
    }

    private static ulong Behind(SqlFacts sql, Formats.Lsn flushed) => Formats.Lsn.Min(sql.Receive ?? Formats.Lsn.Zero, sql.Replay ?? Formats.Lsn.Zero) is var has && has < flushed ? flushed - has : 0;

    private static Refusal Cannot(string successor, string primary, string why) =>
        new(Code.WrongState, $"{successor} {why} and could not take over", $"look at {successor}; {primary} serves on");
}
