using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>A row of the table.</summary>
/// <param name="Number">Its number.</param>
/// <param name="When">When it matches, in words.</param>
/// <param name="Then">What follows, in words.</param>
/// <param name="Judge">The verdict; null: it does not match.</param>
public sealed record SuccessionRow(int Number, string When, string Then, Func<SuccessionFacts, SuccessionVerdict?> Judge);

/// <summary>
/// What a node does about the record: the first row that matches. The one table behind the loop, <c>explain</c>, the history and docs/failover.md. Pure. Renewing is no
/// row: the record's keeper does it, and at the deadline the guard stops the server, whatever stands here.
/// </summary>
public static partial class SuccessionRules
{
    /// <summary>The table.</summary>
    public static IReadOnlyList<SuccessionRow> Table { get; } =
    [
        new(1, "the data here are another database's, or cannot be used", "do nothing but say so", Unusable),
        new(2, "the server here is writable, and this node does not hold the record",
            "go on holding it where it is this node's own, or take the first one; nothing in manual mode; else stop the server at once", WritableWithout),
        new(3, "etcd cannot be asked, what stands there cannot be used, or a node has promised a holder that serves without etcd not to become writable",
            "wait; a server that may write does so until its deadline, which the promise of all other nodes defers", Blind),
        new(4, "an operation holds this node, and its coordinator lives", "wait for it", BusyNode),
        new(5, "automatic failover is paused, in the whole cluster or for this node", "say what would be done, and do nothing", PausedHere),
        new(6, "this node holds the record, and its server does not run",
            "start it again in place, or in recovery if it was not primary yet; after too many crashes, if it was stopped on purpose, or if its machine is going down, give the record up", HeldDown),
        new(7, "this node holds the record, and its server is in recovery", "promote it; if that failed, give the record up", HeldInRecovery),
        new(8, "this node holds the record, and its server hangs", "kill it, and give the record up", HeldHanging),
        new(9, "this node holds the record, and serves", "nothing", HeldServing),
        new(10, "the record is this node's own, from an earlier run of its agent", "go on holding it", OwnNotHeld),
        new(11, "there is no record yet, or it was ended for manual mode", "wait for the primary, which takes it, or for the operator", NoRecord),
        new(12, "the record is another's, has not run out, and is not revoked",
            "follow the holder: start as standby, point there, or rejoin as failover.rejoin says; with sync: quorum, where the holder is lost, pledge to receive nothing from it", Anothers),
        new(13, "the record has run out, and this node is not eligible", "say why, and wait", NotEligible),
        new(14, "the record has run out, and a server still accepts writes", "promote nobody beside it: failover.stop_command, or a person, must stop it", StillServed),
        new(15, "the record has run out, and another node is better: more WAL on the proven line, then priority, then name", "leave it to that one for a second; then it counts as not able", LeftToBetter),
        new(16, "the record has run out, and this node, a running standby, is the best that can be seen", "take the record and fail over by promotion", Best),
        new(17, "the record has run out, and nobody runs", "the most advanced node starts with the record", NobodyRuns),
    ];

    /// <summary>The first row that matches.</summary>
    public static SuccessionVerdict Judge(SuccessionFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return Table.Select(row => row.Judge(facts) is { } verdict ? verdict with { Row = row.Number } : null).FirstOrDefault(v => v is not null)
            ?? new(0, SuccessionAction.None, $"{facts.Node} is {facts.Own.State.Words()}: nothing is known that would let it act");
    }

    private static SuccessionVerdict Nothing(string reason, string? hint = null, string? leftTo = null) => new(0, SuccessionAction.None, reason) { Hint = hint, LeftTo = leftTo };

    private static SuccessionVerdict Do(SuccessionAction action, string reason, string? hint = null) => new(0, action, reason) { Hint = hint };

    private static SuccessionVerdict? Unusable(SuccessionFacts f) => f.Unusable is not { } why ? null
        : f.Holder is { } holder && f.View.Nodes.All(n => n.Node != holder)
            ? Nothing(why, $"write {holder} into nodes on all machines again; then move the primary away (POST instance/switchover/masterSlave), or pgha record release {holder} if it is gone, and take it out then")
        : Nothing(why, $"is postgres.data_dir right, and its disk mounted? If so {RejoinPlan.RefuseData(f.Own, RejoinForm.Reclone)?.Hint ?? $"move it away, then POST data/clone on {f.Node} fills the empty place"}");

    private static SuccessionVerdict? WritableWithout(SuccessionFacts f)
    {
        if (!f.Own.Writable || f.Held || f.SingleUser)
            return null;
        if (f.PromisedTo is not null)
            return Do(SuccessionAction.Stop, $"its server is writable, and {HasPromised(f)}");
        return f.Record switch
        {
            RecordState.Own => Do(SuccessionAction.Take, "its server runs and the record is its own: it goes on holding it"),
            RecordState.RanOut when f.Holder == f.Node => Do(SuccessionAction.Take, "its server runs, and it held the record last: nobody else may write before the record is taken"),
            RecordState.Never => First(f),
            RecordState.Returns => BackInAutomatic(f),
            RecordState.ByHand => Nothing(ByHand, BackToAutomatic),
            RecordState.Outage when !f.HasSeenOne => Nothing($"{f.Why}; it has seen no record that another node could hold, and serves on until it can ask", "bring etcd up (docs/etcd.md)"),
            RecordState.Outage when !f.Blind => Nothing($"{f.Why}; it is asked again"),
            RecordState.Outage or RecordState.Unusable when f.Guarded => Nothing($"{f.Why}; its guard lets it write until its deadline"),
            RecordState.Outage or RecordState.Unusable => Do(SuccessionAction.Stop, $"its server is writable, {f.Why}, and no guard is on duty: nothing tells that it still may write"),
            _ => Do(SuccessionAction.Stop, $"its server is writable, and the record is {(f.Record == RecordState.Another ? $"{f.Holder}'s" : $"not its own: {f.Holder} held it last")}"),
        };
    }

    /// <summary>A cluster that was run by hand: its primary takes the first record, once every node says that it never saw one.</summary>
    private static SuccessionVerdict First(SuccessionFacts f) => RefuseFirst(f.Node, f.View)
        ?? Do(SuccessionAction.TakeFirst, "it is the primary, and no node has ever seen a record: it takes the first one");

    /// <summary>Why a node may not take the very first record, or null: nobody can tell then that there never was one.</summary>
    internal static SuccessionVerdict? RefuseFirst(string node, Cluster.ClusterView view)
    {
        var others = view.Except(node).ToArray();
        if (others.FirstOrDefault(n => !n.Reachable || n.Failover is null) is { } silent)
            return Nothing($"there is no record in etcd yet; it is made when all nodes say that they never saw one, and {silent.Node} {(silent.Reachable ? "does not run in automatic mode" : "does not answer")}",
                $"bring the agent of {silent.Node} up with failover.mode: automatic{(silent.Reachable ? "" : IfGone(silent.Node))}");
        if (others.FirstOrDefault(n => n.Failover!.Epoch > 0) is { } older)
            return Nothing($"there is no record in etcd, and {older.Node} has seen epoch {older.Failover!.Epoch}: etcd was emptied", "pgha record recreate makes it again (docs/failover.md)");
        return SecondWritable(others);
    }

    /// <summary>The way out where a node never comes back before there is a record.</summary>
    internal static string IfGone(string node) => $"; if {node} is gone for good: pgha record recreate --force {node}";

    private const string ByHand = "the record was ended for manual mode: a person decides";
    private const string BackToAutomatic = "set failover.mode: manual on all nodes (docs/failover.md); POST v2/cluster/automatic goes back to automatic mode";

    /// <summary>After manual mode the primary takes the record, whichever node it is by now.</summary>
    private static SuccessionVerdict BackInAutomatic(SuccessionFacts f) =>
        f.Busy is not null || f.View.Nodes.Any(n => n.LockedBy is not null) ? Nothing("it takes the record as soon as the operation that is under way has ended")
        : RefuseReturn(f.Node, f.View) ?? Do(SuccessionAction.TakeFirst, "it is the primary, and an operator has gone back to automatic mode: it takes the record");

    /// <summary>Why a node may not take the first record after manual mode, or null: an agent in manual mode would not keep its server from writing.</summary>
    internal static SuccessionVerdict? RefuseReturn(string node, Cluster.ClusterView view)
    {
        var others = view.Except(node).ToArray();
        return others.FirstOrDefault(n => !n.Reachable || n.Failover is null) is { } silent
            ? Nothing($"the cluster goes back to automatic mode when all agents run in it, and {silent.Node} {(silent.Reachable ? "does not" : "does not answer")}",
                $"bring the agent of {silent.Node} up with failover.mode: automatic")
            : SecondWritable(others);
    }

    private static SuccessionVerdict? SecondWritable(IEnumerable<NodeObservation> others) => others.FirstOrDefault(n => n.MayBeWritable) is { } second
        ? Nothing($"{second.Node} is, or may be, writable, too", "stop the one that is wrong: DELETE instance/current on it") : null;

    private static SuccessionVerdict? Blind(SuccessionFacts f) => f.Held ? null
        : f.Record is not (RecordState.Outage or RecordState.Unusable) ? Promised(f)
        : Nothing($"{f.Why}: {(f.PromisedTo is null ? "nobody can take the record" : HasPromised(f))}",
            f.Record == RecordState.Outage ? "bring etcd back (docs/etcd.md)" : "pgha record recreate makes it again (docs/failover.md)");

    private static SuccessionVerdict? BusyNode(SuccessionFacts f) => f.Busy is { } operation ? Nothing($"{operation} is under way") : null;

    private static SuccessionVerdict? PausedHere(SuccessionFacts f)
    {
        var alone = f.PausedNodes.Contains(f.Node);
        if (!f.Paused && !alone)
            return null;
        var otherwise = Judge(f with { Paused = false, PausedNodes = [] });
        return Nothing($"automatic failover is paused{(f.Paused ? "" : $" for {f.Node}")}{(otherwise.Action == SuccessionAction.None ? "" : $"; else: {otherwise.Reason}")}",
            $"{(f.Paused ? "POST v2/cluster/resume" : "")}{(f.Paused && alone ? " and " : "")}{(alone ? $"POST v2/cluster/resume?node={f.Node}" : "")} ends that");
    }

    private static SuccessionVerdict? HeldDown(SuccessionFacts f) => !f.Held || !f.Own.Down ? null
        : f.StoppedOnPurpose ? Do(SuccessionAction.GiveUp, "its server was stopped by a call: its place passes on")
        : f.Leaves ? Do(SuccessionAction.GiveUp, "its machine is going down: its place passes on")
        : (f.Crashes ?? f.Failed) is { } why ? Do(SuccessionAction.GiveUp, $"its server does not come back: {why}")
        : f.Own.Control is not { OfPrimary: true } ? Do(SuccessionAction.StartInRecovery, "its server has ended before it was promoted: it starts in recovery, so that it can be promoted")
        : Do(SuccessionAction.StartAsPrimary, "its server has ended: it is started again in place");

    private static SuccessionVerdict? HeldInRecovery(SuccessionFacts f) => !f.Held || !f.Own.InRecovery ? null
        : f.Failed is { } why ? Do(SuccessionAction.GiveUp, $"it could not be made primary: {why}")
        : f.Leaves ? Do(SuccessionAction.GiveUp, "its machine is going down: its place passes on")
        : Do(SuccessionAction.Promote, "it has taken the record");

    private static SuccessionVerdict? HeldHanging(SuccessionFacts f) => f is { Held: true, Own.Promoting: true, Failed: { } why }
        ? Do(SuccessionAction.StopAndGiveUp, $"its promotion does not come to an end: {why}") : f is { Held: true, Hangs: true }
        ? Do(SuccessionAction.StopAndGiveUp, "its server answers no new connection, or flushes no WAL, for longer than failover.hang_after") : null;

    private static SuccessionVerdict? HeldServing(SuccessionFacts f) => !f.Held ? null
        : f.NoConsent is { } why ? Nothing($"etcd cannot be asked; its server is killed in {Seconds(f.MayWriteFor)} s, if that stays so, because not all other nodes promise not to become writable: {why}",
            "bring etcd back (docs/etcd.md), or let all nodes answer")
        : f.StaysBy.Count > 0
            ? Nothing($"it serves without etcd by the promise of {string.Join(", ", f.StaysBy)}, for {Seconds(f.MayWriteFor)} s more; that is renewed while all of them answer", "bring etcd back (docs/etcd.md)")
        : f.Own.Writable ? Nothing("it holds the record, and serves") : Nothing($"it holds the record, and is {f.Own.State.Words()}");

    private static SuccessionVerdict? OwnNotHeld(SuccessionFacts f) => f.Record != RecordState.Own ? null
        : f.Own.Down && f.StoppedOnPurpose ? Nothing("its server was stopped by a call: the record runs out")
        : f.NotEligible is { } why ? Nothing($"{why}: the record runs out")
        : Do(SuccessionAction.Take, "the record is its own: it goes on holding it");

    private static SuccessionVerdict? NoRecord(SuccessionFacts f) => f.Record == RecordState.ByHand ? Nothing(ByHand, BackToAutomatic)
        : f.Record is not (RecordState.Never or RecordState.Returns) ? null
        : Nothing(f.Record == RecordState.Never ? "there is no record in etcd yet: the primary takes it" : "an operator has gone back to automatic mode: the primary takes the record",
            f.View.Writable.Any() ? null : $"start the primary: POST instance/master on the node that was primary last{NeverCame(f)}");

    private static string NeverCame(SuccessionFacts f) => f.Record == RecordState.Never ? string.Concat(f.View.Nodes.Where(n => !n.Reachable).Select(n => IfGone(n.Node))) : "";

    private static SuccessionVerdict? Anothers(SuccessionFacts f)
    {
        if (f.Record != RecordState.Another)
            return null;
        if (f.Own.Down && f.StoppedOnPurpose)
            return Nothing("its server was stopped by a call, and stays stopped", $"POST instance/slave on {f.Node} starts it");
        if (f.Leaves)
            return Nothing("its machine is going down: it is left as it is");
        if (f.Pledged > f.Stands!.Epoch)
            return Nothing($"it receives nothing from {f.Holder} any more, and has pledged that: as soon as enough voters have, one of them takes the record; else it takes the pledge back");
        if (f.HolderLost)
            return PledgeRules.Refuse(f) is { } why ? Nothing($"{f.Holder} holds the record, and is seen lost: it runs out; no pledge: {why}")
                : Do(SuccessionAction.Pledge, $"{f.Holder} holds the record, did not renew it in time, and neither its agent nor its server answers: it pledges to receive nothing from {f.Holder} any more");
        if (f.View.Primary?.Node != f.Holder)
            return Nothing($"{f.Holder} holds the record, and does not serve yet, as far as can be seen from here");
        return f.Own.Down || (f.Own.InRecovery && f.Own.UpstreamNode != f.Holder)
            ? Do(SuccessionAction.Follow, $"{f.Holder} holds the record and serves: it follows")
            : Nothing(f.Own.InRecovery ? $"it follows {f.Holder}, which holds the record" : $"{f.Holder} holds the record; it is {f.Own.State.Words()} itself");
    }

    /// <summary>How it comes back, if it has parted from the holder; null: a person says how. What a rewind left half done only a copy replaces.</summary>
    internal static RejoinForm? Return(SuccessionFacts f) => f.Rejoin switch
    {
        RejoinMode.Rewind when !f.Own.RewindUnfinished => RejoinForm.Rewind,
        RejoinMode.Manual => null,
        _ => RejoinForm.Reclone,
    };

    private static SuccessionVerdict? NotEligible(SuccessionFacts f) => f.NotEligible is { } why ? Nothing($"the record {Over(f)}, and it does not take it: {why}")
        : SyncElection.Refuse(f) is { } lacking ? Nothing($"the record {Over(f)}, and it does not take it: {lacking}", SyncElection.WayOut(f))
        : LagRules.Refuse(f) is var (lacks, hint) ? Nothing($"the record {Over(f)}, and nobody takes it by itself: {lacks}", hint) : null;

    private static SuccessionVerdict? StillServed(SuccessionFacts f) =>
        f.View.Except(f.Node).FirstOrDefault(n => n.Writable && n.Sql is { InRecovery: false }) is { } writable ? Alarm(f, writable.Node)
        : f.OldPrimaryServes || f.OldPrimaryLost ? Fence(f, f.Holder!) : null;

    private static SuccessionVerdict Alarm(SuccessionFacts f, string node) =>
        Nothing($"the record {Over(f)}, and the server of {node} still accepts writes: nobody is promoted beside it", $"stop that server: DELETE instance/current on {node}, or on its machine pg_ctl stop -m immediate");

    private static SuccessionVerdict? LeftToBetter(SuccessionFacts f)
    {
        if (f.Wal is not { } wal)
            return Nothing($"the record {Over(f)}: the WAL of all nodes is being compared");
        if (wal.ProblemOf(f.Node) is { } problem)
            return Nothing($"the record {Over(f)}, and the WAL here cannot be read: {problem.Message}", problem.Hint);
        var best = Candidates(f).FirstOrDefault();
        return best is null ? Nothing($"the record {Over(f)}, and no node can take it", $"start a standby: POST instance/current on it; or POST instance/master on the node that was primary last")
            : best != f.Node && f is { Stands.Released: false, Own.Down: true } && f.Holder == f.Node ? Do(SuccessionAction.PassOn, $"its machine was started anew, and {best} runs: it need not wait")
            : best != f.Node ? Nothing($"the record {Over(f)}: it is left to {best}, which is the better one", leftTo: best) : null;
    }

    private static SuccessionVerdict? Best(SuccessionFacts f) => f.Own.InRecovery
        ? Do(SuccessionAction.FailOver, $"the record {Over(f)}, and of the nodes that can be seen none holds more: {f.Node} takes it and fails over by promotion") : null;

    private static SuccessionVerdict? NobodyRuns(SuccessionFacts f) => !f.Own.Down || f.Record == RecordState.Revoked ? null
        : f.Holder == f.Node || !f.Own.StandbySignal ? Do(SuccessionAction.Take, $"the record {Over(f)}, nobody runs, and no node that can be seen holds more: it starts with the record")
        : Do(SuccessionAction.StartInRecovery, $"the record {Over(f)}, and nobody runs: it starts in recovery, so that it can be promoted");

    private static string Over(SuccessionFacts f) => f.Revocation is { } revocation ? $"of {f.Holder} is revoked by {revocation.Words}, which have pledged to receive nothing from it"
        : f.Stands is { Released: true } ? $"of {f.Holder} was given up" : $"of {f.Holder} has run out";
}
