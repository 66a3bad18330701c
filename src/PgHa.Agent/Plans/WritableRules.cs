using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Plans;

/// <summary>Whether a node may become writable, and from whom its WAL has to be completed first.</summary>
/// <param name="Refusal">Why not; null where it may.</param>
/// <param name="Source">The node that holds the WAL it misses, or null.</param>
/// <param name="Evidence">What the verdict rests on.</param>
/// <param name="Overrides">What only force answers for.</param>
/// <param name="Answered">Who answers for which node.</param>
public sealed record WritableVerdict(
    Refusal? Refusal, string? Source, IReadOnlyList<Evidence> Evidence, IReadOnlyList<string> Overrides, IReadOnlyList<Assurance> Answered)
{
    /// <summary>The operator's force can answer for what is refused.</summary>
    public bool Forcible { get; init; }
}

/// <summary>
/// The rules under which a node may become writable: no other node is or may be, and no other node holds WAL that this one lacks.
/// A node whose data cannot be read may hold such WAL, whatever the reason. The same for every way to become writable, and
/// asked twice: when the plan is made, and by the node itself at the last moment before it acts.
/// </summary>
public static class WritableRules
{
    /// <summary>The verdict on a candidate; <paramref name="wal"/> is focused on it.</summary>
    /// <param name="candidate">The node that is to become writable.</param>
    /// <param name="view">All nodes.</param>
    /// <param name="wal">Their WAL.</param>
    /// <param name="assurances">What is known of nodes that cannot be asked.</param>
    /// <param name="primaryKnown">The last primary is one of the nodes: a standby that streams from elsewhere knows it by another name.</param>
    public static WritableVerdict Judge(string candidate, ClusterView view, WalView wal, IReadOnlyCollection<Assurance> assurances, bool primaryKnown = false)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(wal);
        if (PromisedRules.Refuse(candidate, view) is { } promised)
            return new(promised, null, [], [], []);
        var evidence = new List<Evidence>();
        var overrides = new List<string>();
        var answered = new List<Assurance>();
        var ahead = new List<NodeObservation>();
        Refusal? forcible = null;
        foreach (var node in primaryKnown ? [] : Outside(view))
        {
            if (assurances.FirstOrDefault(a => a.Node == node.Node) is not { } assurance)
            {
                forcible ??= StreamsFromOutside(node);
                continue;
            }
            overrides.Add(StreamsFromOutside(node).Message);
            answered.Add(assurance);
        }
        foreach (var other in view.Except(candidate))
        {
            var finding = Look(other, view[candidate], view, wal, assurances.Any(a => a.Node == other.Node && a.Evidence is HoldsRecord));
            if (finding is { Refusal: { } final, Forcible: false })
                return new(final, null, evidence, overrides, answered);
            if (finding.Seen is { } seen)
                evidence.Add(seen);
            else if (assurances.FirstOrDefault(a => a.Node == other.Node) is not { } assurance)
                forcible ??= finding.Refusal; // what no force can answer for is said first
            else
            {
                overrides.Add(finding.Refusal!.Message);
                if (!answered.Contains(assurance))
                    answered.Add(assurance);
            }
            if (finding.Ahead)
                ahead.Add(other);
        }
        return forcible is not null ? new(forcible, null, evidence, overrides, answered) { Forcible = true }
            : new(null, MostAdvanced(ahead, wal), evidence, overrides, answered);
    }

    /// <summary>
    /// Standbys that stream from a server that is none of the nodes, while none of the nodes is primary: a primary lives that this configuration
    /// does not know, for example one that was taken out of it.
    /// </summary>
    internal static IEnumerable<NodeObservation> Outside(ClusterView view) =>
        view.Primary is not null ? [] : view.Nodes.Where(n => n.UpstreamOutside is not null);

    private static Refusal StreamsFromOutside(NodeObservation node) => new(Code.AnotherWritable,
        $"{node.Node} streams from {node.UpstreamOutside}, which is no node of this configuration: a primary may be running there",
        "stop that server by hand, or list it in `nodes` on all agents (docs/nodes.md); or answer for it with force=true (failover/restart is never forced)");

    /// <summary>Of several nodes the one whose WAL reaches furthest.</summary>
    public static string? MostAdvanced(IEnumerable<NodeObservation> nodes, WalView wal) =>
        nodes.OrderByDescending(n => wal.PositionOf(n.Node)?.Timeline.Value)
            .ThenByDescending(n => wal.PositionOf(n.Node)?.End.Value)
            .FirstOrDefault()?.Node;

    /// <summary>What another node is to a candidate: a fact that lets it go on, or a refusal.</summary>
    private readonly record struct Finding(Evidence? Seen, Refusal? Refusal = null, bool Forcible = false, bool Ahead = false);

    /// <param name="other">The other node.</param>
    /// <param name="own">The node that is to become writable.</param>
    /// <param name="view">All nodes.</param>
    /// <param name="wal">Their WAL.</param>
    /// <param name="byRecord">
    /// The candidate holds the record, so that no other node may write. What answers SQL as a primary is believed all the same; what cannot be asked, or hangs, is
    /// judged by its WAL alone.
    /// </param>
    private static Finding Look(NodeObservation other, NodeObservation own, ClusterView view, WalView wal, bool byRecord)
    {
        var (name, candidate) = (other.Node, own.Node);
        var mayWrite = other.MayBeWritable && !(byRecord && other.Sql is not { InRecovery: false });
        if (CommonRules.Promoting(other) is { } promoting)
            return new(null, promoting);
        if (other.Writable && mayWrite)
            return Blocked($"{name} is writable", other.Serves
                ? $"it serves: POST instance/slave on {candidate} lets {candidate} follow, and POST instance/switchover/masterSlave on {name} exchanges the roles then"
                : $"stop it first: DELETE instance/current on {name}", Code.AnotherWritable, forcible: false);
        var left = LeftBehind(name, candidate, wal) || LeftByRecord(name, own, view, wal);
        var forked = wal.Of(name).Kinship == WalKinship.Forked && !left;
        if (other.MayBeWritable && !forked && (mayWrite || wal.PositionOf(name) is null))
            return Blocked($"{name} is unknown ({other.Problem ?? "it does not answer"}) and may be writable",
                $"{(other.Reachable ? $"stop it (DELETE instance/current on {name})" : $"bring the agent of {name} back")}, or answer for it being down with force=true", Code.AnotherWritable, forcible: true);
        return other.DataProblem is { } problem ? Unread(other, problem, candidate) : Compare(other, candidate, wal.Of(name), wal, left);
    }

    /// <summary>An empty directory may be one that is not mounted. What a rewind left half done was salvaged before the rewind began.</summary>
    private static Finding Unread(NodeObservation other, string problem, string candidate) => other.RewindUnfinished
        ? new(new HoldsNothingOwn(other.Node, problem))
        : Blocked($"the data of {other.Node} cannot be read, and it may hold WAL that {candidate} misses: {problem}",
            $"is the disk of {other.Node} mounted? If it holds nothing that is needed, answer for it with force=true", Code.WalNotProven, forcible: true);

    private static Finding Compare(NodeObservation other, string candidate, WalAncestry kin, WalView wal, bool left) => kin.Kinship switch
    {
        WalKinship.Identical or WalKinship.Behind => new(kin.Evidence),
        WalKinship.Ahead when !HoldsAllAfter(candidate, other.Node, wal) => Blocked($"{other.Node} holds WAL that {candidate} misses, and not all of it from {wal.PositionOf(candidate)!.End} on: {kin.Evidence.Words}",
            $"make {other.Node} primary instead: POST {(other.InRecovery ? "instance/failover/promote" : "instance/master")} on {other.Node}", Code.WalNotProven, forcible: false),
        // After a crash, too: its WAL, read to the end of the unbroken chain, is all that its own recovery would find.
        WalKinship.Ahead => new(new HoldsMissingWal(other.Node, candidate, kin.Evidence), Ahead: true),
        WalKinship.Forked when left =>
            new(new WasLeftBehind(other.Node, candidate, kin.Evidence)),
        WalKinship.Forked => Blocked($"the WAL of {other.Node} and {candidate} has forked: {kin.Evidence.Words}",
            $"decide which node's data is right. Stop the other node first: DELETE instance/current on {other.Node} (DELETE instance/current on {candidate}, if the data of {other.Node} is right), "
            + "because in recovery it would overwrite its WAL. If the right node is not primary, make it primary by hand: pg_ctl promote if it runs, else remove its standby.signal and pg_ctl start. "
            + $"Then POST instance/slave?rejoin=rewind on {other.Node} (on {candidate}, if the data of {other.Node} is right)", Code.WalNotProven, forcible: false),
        _ when NominallyBehind(other.Node, candidate, wal) =>
            new(new EndedBeforeOldest(other.Node, candidate)),
        _ when NominallyBehind(candidate, other.Node, wal) => Blocked($"{candidate} ended before the oldest WAL that {other.Node} holds: {kin.Evidence.Words}",
            $"make {other.Node} primary instead: POST {(other.InRecovery ? "instance/failover/promote" : "instance/master")} on {other.Node}", Code.WalNotProven, forcible: true),
        _ => Blocked($"it cannot be proven that {candidate} holds all WAL of {other.Node}: {kin.Evidence.Words}",
            $"if {candidate} was the last primary, answer for {other.Node} with force=true; if {other.Node} was, POST instance/master?force=true on {other.Node}",
            Code.WalNotProven, forcible: true),
    };

    /// <summary>Behind a hole its WAL cannot complete another node's.</summary>
    private static bool HoldsAllAfter(string candidate, string other, WalView wal) =>
        wal.PositionOf(candidate) is not { } own || wal.PositionOf(other) is not { } theirs || theirs.Oldest <= own.End;

    private static Finding Blocked(string message, string hint, Code code, bool forcible) =>
        new(null, new Refusal(code, message, hint), forcible);

    /// <summary>The other's timeline is an ancestor that the candidate's line has left by promotion.</summary>
    private static bool LeftBehind(string other, string candidate, WalView wal) =>
        wal.PositionOf(other) is { } old && wal.PositionOf(candidate) is { } line && old.SystemIdentifier == line.SystemIdentifier
        && line.Lineage.Any(span => span.Timeline == old.Timeline && span.End is { } left && left < old.End);

    /// <summary>
    /// The candidate holds the record, and on its line is the last timeline that was made: no later one ever was. What does not hold that timeline, and is on an earlier one, was left behind when it was
    /// made, also where both went on from a third. Unless it has served since, in place: the timeline that served last is on the candidate's line, too.
    /// </summary>
    private static bool LeftByRecord(string other, NodeObservation own, ClusterView view, WalView wal) =>
        wal.PositionOf(own.Node) is { } line && wal.PositionOf(other) is { } old && old.SystemIdentifier == line.SystemIdentifier
        && own.Failover is { Served: > 0 and var served } && Holds(line, served) && LastMade(own, line, view, wal) is { } last && old.Timeline.Value < last && Holds(line, last) && !Holds(old, last);

    /// <summary>
    /// The highest timeline that anybody may have made, as the record says; else, because who was to make it may have been lost before, the highest that is on any node: all have to be read. The record
    /// gives each number once. Null: not known.
    /// </summary>
    private static uint? LastMade(NodeObservation own, WalPosition line, ClusterView view, WalView wal) => own.Failover is not { MayWriteFor: > 0, Made: > 0 and var made } ? null
        : Holds(line, made) ? made
        : view.Nodes.All(n => wal.PositionOf(n.Node) is not null) ? view.Nodes.Max(n => wal.PositionOf(n.Node)!.Timeline.Value) : null;

    private static bool Holds(WalPosition line, uint timeline) => line.Lineage.Any(span => span.Timeline.Value == timeline);

    /// <summary>
    /// From where on there is a file for every segment. Where another node ends in a hole between them, its WAL is gone here, but too
    /// newly to take its lineage's word for it.
    /// </summary>
    private static Lsn BeforeHoles(WalPosition line)
    {
        var oldest = line.Oldest;
        foreach (var older in line.Older.TakeWhile(r => oldest.Value > 0 && r.To.Value / line.SegmentSize == (oldest.Value - 1) / line.SegmentSize))
            oldest = older.From;
        return oldest;
    }

    private static bool NominallyBehind(string other, string candidate, WalView wal) =>
        wal.PositionOf(other) is { } old && wal.PositionOf(candidate) is { } line && old.SystemIdentifier == line.SystemIdentifier
        && old.End <= BeforeHoles(line)
        && line.Lineage.Any(span => span.Timeline == old.Timeline && (span.End is not { } left || old.End <= left));
}
