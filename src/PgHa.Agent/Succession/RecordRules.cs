using PgHa.Agent.Cluster;
using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>What is known when an operator wants to change the record.</summary>
/// <param name="Node">The node that was called.</param>
/// <param name="View">All nodes, just now.</param>
/// <param name="Answer">What the record is to this node.</param>
/// <param name="Found">What stands in etcd, whatever was seen before.</param>
/// <param name="Signs">What shows of the servers whose agents do not answer.</param>
public sealed record RecordSights(string Node, ClusterView View, RecordAnswer Answer, RecordFound Found, IReadOnlyDictionary<string, ServerSign> Signs);

/// <summary>A record to be written, and what that means.</summary>
/// <param name="Node">The node that it names as its last holder.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Timeline">The highest timeline that it reserves.</param>
/// <param name="Words">In sentences.</param>
public sealed record RecordPlan(string Node, long Epoch, uint Timeline, IReadOnlyList<string> Words)
{
    /// <summary>The sync record that is written with it, whatever stands there; null: what stands there stays.</summary>
    public SyncRecord? Sync { get; init; }
}

/// <summary>Whether the record may be made again, or given up for its holder. Both leave a record that nobody holds: the rules go on from there. Pure.</summary>
public static class RecordRules
{
    /// <summary>A node that is gone may have seen later epochs than all others.</summary>
    private const long Beyond = 1000;

    /// <summary>The record of an etcd that was emptied, or restored from a backup, made again.</summary>
    /// <param name="seen">What is known.</param>
    /// <param name="gone">The nodes that are gone for good, as the operator answers for.</param>
    public static Answer<RecordPlan> Recreate(RecordSights seen, IReadOnlyCollection<string> gone)
    {
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(gone);
        if ((RefuseNames(seen, gone) ?? RefuseNeedless(seen, gone) ?? RefuseSilent(seen, gone) ?? RefuseWritable(seen) ?? RefuseStrange(seen)) is { } refusal)
            return refusal;
        var known = seen.View.Nodes.Where(n => n.Failover is not null).ToArray();
        var highest = known.Select(n => n.Failover!.Epoch).Append(seen.Found.Record?.Epoch ?? 0).Max();
        var made = seen.View.Nodes.Select(n => n.Control?.Timeline.Value ?? 0);
        var timeline = known.Select(n => n.Failover!.Timeline).Concat(made).Append(seen.Found.Record?.Timeline ?? 0).Append(1U).Max() + (uint)gone.Count;
        var epoch = highest + 1 + (gone.Count > 0 ? Beyond : 0);
        var (last, sync) = (Last(seen), seen.View.Nodes.Any(n => n.ManagesSync));
        return new RecordPlan(last, epoch, timeline,
        [
            $"{(seen.Found.Standing.Revision == 0 ? "there is no record in etcd" : "what stands in etcd is older than what was seen before, or no record")}: "
                + $"one is made with epoch {epoch}; {(highest == 0 ? "no node that answers has ever seen one" : $"the highest that any node has seen is {highest}")}",
            $"timelines up to {timeline} are reserved",
            .. sync ? (string[])[$"of the nodes that answer {last} was primary last: it counts as the only one that is known to have everything that was acknowledged (failover.sync)"] : [],
            .. known.Select(n => $"{n.Node} answers, and its server is not writable ({n.State.Words()})"),
            .. gone.Order(StringComparer.Ordinal).Select(n => $"{n} does not answer: you answer for it that it is gone for good. What only {n} holds is given up"),
            .. highest > 0 || gone.Count == 0 ? (string[])[] : ["no guard ends the server of a node that never saw a record: if it still runs where nobody sees it, two nodes write"],
            "nobody holds the new record: the rules choose the node with the most WAL on the proven line, and it takes the record by itself",
        ])
        {
            Sync = sync ? SyncRecord.First(last, epoch) : null,
        };
    }

    /// <summary>The node that was primary last: an earlier primary that has not come back since is on a lower timeline.</summary>
    private static string Last(RecordSights seen) => seen.View.Nodes.Where(n => n is { Reachable: true, Control: not null })
        .OrderByDescending(n => n.Control!.Timeline.Value).ThenByDescending(n => n.Control!.OfPrimary).Select(n => n.Node).FirstOrDefault() ?? seen.Node;

    /// <summary>The record of a holder that is gone, given up for it.</summary>
    /// <param name="seen">What is known.</param>
    /// <param name="holder">The node that is gone, as the operator answers for.</param>
    public static Answer<RecordPlan> Release(RecordSights seen, string holder)
    {
        ArgumentNullException.ThrowIfNull(seen);
        if (RefuseNames(seen, [holder]) is { } refusal)
            return refusal;
        if (seen.Answer is not RecordAnswer.Stands { Record: var record })
            return new Refusal(Code.WrongState, $"there is no record in etcd that could be given up: {Words(seen.Answer)}", "GET v2/cluster/explain says what holds the cluster up");
        if (record.Node != holder)
            return new Refusal(Code.WrongState, $"{holder} does not hold the record: {record.Node} does, epoch {record.Epoch}", $"is {record.Node} gone? Then name it");
        if (record.Manual)
            return new Refusal(Code.WrongState, "the record was ended for manual mode: nobody waits for it", "POST instance/failover/promote on a standby, or POST v2/cluster/automatic");
        if (record.Released)
            return new Refusal(Code.WrongState, $"the record of {holder} was given up already", "GET v2/cluster/explain says whom the others wait for");
        return RefuseServed(seen, holder) is { } serves ? serves : new RecordPlan(holder, record.Epoch + 1, record.Timeline,
        [
            $"{holder} does not answer, and its server does not accept writes here: you answer for it that {holder} is gone. "
                + "If its server still runs where nobody sees it, two nodes write until its guard ends it",
            $"the record of {holder} is given up with epoch {record.Epoch + 1}: the rules choose another node at once, without waiting for the rest of {record.D.TotalSeconds:0.#} s",
            $"what only {holder} holds is not waited for; if its disk comes back it is salvaged",
        ]);
    }

    private static Refusal? RefuseNames(RecordSights seen, IReadOnlyCollection<string> names) =>
        names.FirstOrDefault(name => seen.View.Nodes.All(n => n.Node != name)) is { } unknown
            ? new(Code.Invalid, $"there is no node {unknown}", $"nodes: {string.Join(", ", seen.View.Nodes.Select(n => n.Node))}")
        : names.FirstOrDefault(name => seen.View[name].Reachable) is { } alive
            ? new(Code.WrongState, $"the agent of {alive} answers: it is not gone", $"stop its server, or switch over, by a call: DELETE instance/current on {alive}; name only nodes that are gone for good")
        : null;

    private static Refusal? RefuseNeedless(RecordSights seen, IReadOnlyCollection<string> gone) => seen.Answer switch
    {
        RecordAnswer.Outage { Why: var why } => new(Code.PeerUnreachable, $"etcd cannot be asked: {why}", "bring etcd up (docs/etcd.md), then repeat the call"),
        RecordAnswer.Absent when gone.Count == 0 && seen.View.Nodes.All(n => n.Failover is not { Epoch: > 0 }) =>
            new(Code.WrongState, "no node has ever seen a record: there is none to be made again",
                "the primary takes the first record by itself when all agents run in automatic mode; if a node is gone for good before that, name it: force=NODE"),
        RecordAnswer.Stands { Record: var record } => new(Code.WrongState, $"the record is there, as {seen.Node} sees it: {record.Node}, epoch {record.Epoch}",
            seen.View.Nodes.FirstOrDefault(n => n.Failover is { RecordProblem: not null }) is { } other
                ? $"{other.Node} says: {other.Failover!.RecordProblem}. Call it on {other.Node}" : "there is nothing to be made again"),
        _ => null,
    };

    private static Refusal? RefuseSilent(RecordSights seen, IReadOnlyCollection<string> gone) =>
        seen.View.Nodes.FirstOrDefault(n => !n.Reachable && !gone.Contains(n.Node)) is { } silent
            ? new(Code.PeerUnreachable, $"{silent.Node} does not answer: it cannot say that its server is not writable, and which epochs it has seen",
                $"bring its agent up; or, if it is gone for good, name it: force={silent.Node}")
        : seen.View.Nodes.FirstOrDefault(n => n is { Reachable: true, Failover: null }) is { } manual
            ? new(Code.WrongState, $"{manual.Node} does not run in automatic mode, or has just been started", $"set failover.mode: automatic there and restart its agent; or repeat the call in a second")
        : gone.Select(n => RefuseServed(seen, n)).FirstOrDefault(r => r is not null);

    private static Refusal? RefuseServed(RecordSights seen, string node) => seen.Signs.GetValueOrDefault(node) switch
    {
        ServerSign.AcceptsWrites => Served($"the server of {node} still accepts writes, though its agent does not answer"),
        ServerSign.Unclear => Served($"a server answers at the address of {node}, and does not say whether it accepts writes"),
        _ => null,
    };

    private static Refusal Served(string what) => new(Code.AnotherWritable, what, "stop it on its machine: pg_ctl stop -m immediate; or bring its agent up");

    private static Refusal? RefuseWritable(RecordSights seen) =>
        seen.View.Nodes.FirstOrDefault(n => n.Reachable && (n.MayBeWritable || n.Failover is { MayWriteFor: > 0 })) is { } writable
            ? new(Code.AnotherWritable, $"{writable.Node} is, or may be, writable{(writable.Failover?.MayWriteFor is { } left ? $" for {left:0.0} s more" : "")}",
                $"its guard ends it at its deadline: repeat the call then; or DELETE instance/current on {writable.Node}")
            : null;

    private static Refusal? RefuseStrange(RecordSights seen)
    {
        var systems = seen.View.Nodes.Where(n => n.Control is not null).GroupBy(n => n.Control!.SystemIdentifier).ToArray();
        return systems.Length <= 1 ? null : new(Code.WrongState,
            $"the nodes hold different databases: {string.Join("; ", systems.Select(s => $"{string.Join(", ", s.Select(n => n.Node))} {s.Key}"))}", "is postgres.data_dir right, and its disk mounted?");
    }

    private static string Words(RecordAnswer answer) => answer switch
    {
        RecordAnswer.Outage outage => $"etcd cannot be asked ({outage.Why})",
        RecordAnswer.Unreadable unreadable => $"it cannot be used ({unreadable.Why})",
        _ => "there is none",
    };
}
