using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Asks, at the last moment before this node acts, whether it may become writable.</summary>
internal sealed class WritableProof(AgentOptions options, Lazy<ClusterObserver> cluster, NodeLock nodeLock, TimeProvider time)
{
    private static readonly TimeSpan ArrivesWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// The rules for becoming writable, over a fresh view, and with nothing left to complete. When the primary has just died, its last WAL
    /// may still be on its way into a running standby, and into each one at another moment: that is waited for.
    /// </summary>
    internal async Task<(Refusal? Refusal, WalPosition? Position)> CompleteAsync(
        IReadOnlyList<string> accepted, string operation, NodeState? required, CancellationToken cancel, bool primaryKnown = false)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var (refusal, wal, missing) = await LookAsync(accepted, operation, required, [], hurried: false, primaryKnown, cancel);
            var own = wal?.PositionOf(options.Node);
            if (!missing || own?.StoppedAs is not null || time.GetElapsedTime(begun) > ArrivesWithin)
                return (refusal, own);
            await Task.Delay(Interval, time, cancel);
        }
    }

    /// <summary>The same rules; what is missing may be completed from the nodes named. Hurried: nobody can write meanwhile.</summary>
    internal async Task<(Refusal? Refusal, WalView? Wal)> JudgeAsync(
        IReadOnlyList<string> accepted, string operation, NodeState? required, IReadOnlyList<string> completedFrom, CancellationToken cancel, bool hurried = false, bool primaryKnown = false)
    {
        var (refusal, wal, _) = await LookAsync(accepted, operation, required, completedFrom, hurried, primaryKnown, cancel);
        return (refusal, wal);
    }

    /// <summary>Missing: nothing else stands in the way than WAL that another node holds.</summary>
    private async Task<(Refusal? Refusal, WalView? Wal, bool Missing)> LookAsync(
        IReadOnlyList<string> accepted, string operation, NodeState? required, IReadOnlyList<string> completedFrom, bool hurried, bool primaryKnown, CancellationToken cancel)
    {
        var view = await cluster.Value.ObserveAsync(fresh: true, hurried ? accepted : [], cancel);
        var broughtBack = nodeLock.Holder is { Regardless: true } ? options.Node : null;
        if ((AgreementRules.Refuse(view, broughtBack) ?? CommonRules.RefuseUnlocked(view, operation)) is { } unlocked)
            return (unlocked, null, false);
        if (required is { } state && view[options.Node].State != state)
            return (new(Code.WrongState, $"{options.Node} is {view[options.Node].State}, not {state}", "repeat the call: it is planned anew"), null, false);
        var wal = await cluster.Value.CompareWalAsync(view, options.Node, cancel);
        if (wal.ProblemOf(options.Node) is { } problem)
            return (problem, null, false);
        var verdict = WritableRules.Judge(options.Node, view, wal, accepted, primaryKnown || hurried || broughtBack is not null);
        var missing = verdict.Source is { } source && !accepted.Contains(source) && !completedFrom.Any(from => from == source || Covers(wal.PositionOf(from), wal.PositionOf(source)))
            ? new Refusal(Code.WalNotProven, $"{source} holds WAL that {options.Node} misses: {wal.Of(source).Evidence}", "repeat the call: it is completed first")
            : null;
        return (verdict.Refusal ?? missing, wal, verdict.Refusal is null && missing is not null);
    }

    /// <summary>Another standby may hold the old primary's last bytes before this one does: nothing is missing then that does not come from the primary itself.</summary>
    private static bool Covers(WalPosition? primary, WalPosition? other) => primary?.Timeline == other?.Timeline && primary?.End >= other?.End;
}
