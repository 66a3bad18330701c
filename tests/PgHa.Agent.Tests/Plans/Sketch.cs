using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Control;

namespace PgHa.Agent.Tests.Plans;

/// <summary>What a node can be when a plan is made.</summary>
public enum Condition
{
    StoppedAsPrimary, StoppedAsStandby, Crashed, PrimaryAlone, Primary, Standby, Recovering, CrashRecovery, Frozen, FrozenStandby, Archiving, AgentAway, Empty, Unusable, HalfRewound,
    Demoted, StoppedDemoted, Supervised, Unseen,
}

/// <summary>Draws views of clusters that do not exist.</summary>
internal static class Sketch
{
    internal const string System = "7000000000000000001";

    internal static NodeObservation Node(string name, Condition condition) => condition switch
    {
        Condition.StoppedAsPrimary => Base(name, DbState.ShutDown),
        Condition.StoppedAsStandby => Base(name, DbState.ShutDownInRecovery) with { StandbySignal = true },
        Condition.Crashed => Base(name, DbState.InProduction),
        Condition.PrimaryAlone => Running(name, DbState.InProduction, new() { InRecovery = false, Timeline = new(1), Flush = new(0x3000000) }),
        Condition.Primary => Running(name, DbState.InProduction, new() { InRecovery = false, Timeline = new(1), Flush = new(0x3000000), AttachedStandbys = 1 }),
        Condition.Standby => Running(name, DbState.InArchiveRecovery, new() { InRecovery = true, Timeline = new(1), Receive = new(0x3000000), Streaming = true })
            with
        { StandbySignal = true },
        Condition.Recovering => Running(name, DbState.InArchiveRecovery, new() { InRecovery = true, Replay = new(0x3000000) }) with { StandbySignal = true },
        Condition.CrashRecovery => Base(name, DbState.InCrashRecovery) with { Server = ServerStatus.Starting },
        Condition.Frozen => Base(name, DbState.InProduction) with { Server = ServerStatus.NotAnswering, Problem = "frozen" },
        Condition.FrozenStandby => Base(name, DbState.InArchiveRecovery) with { Server = ServerStatus.NotAnswering, StandbySignal = true, Problem = "frozen" },
        Condition.Archiving => Base(name, DbState.ShutDown) with { Server = ServerStatus.ShuttingDown, Problem = "its server is shutting down" },
        Condition.Demoted => Node(name, Condition.Primary) with { StandbySignal = true },
        Condition.StoppedDemoted => Base(name, DbState.ShutDown) with { StandbySignal = true },
        Condition.Supervised => Node(name, Condition.Recovering) with { ServerOwner = new(null, "bash", 4711) },
        Condition.Unseen => Stopped(name) with { Server = ServerStatus.Unseen, DataProblem = "it does not exist", Problem = "its server, process 1, still runs, but elsewhere" },
        Condition.AgentAway => NodeObservation.Unreachable(name, "connection refused"),
        Condition.Empty => Stopped(name) with { DataProblem = "empty", Place = new(1L << 40) },
        Condition.Unusable => Stopped(name) with { DataProblem = "of PostgreSQL 9" },
        Condition.HalfRewound => Stopped(name) with { DataProblem = "a rewind of it did not finish", RewindUnfinished = true },
        _ => throw new ArgumentOutOfRangeException(nameof(condition)),
    };

    internal static ClusterView View(params Condition[] conditions) =>
        new([.. conditions.Select((c, i) => Node($"n{i + 1}", c))]);

    /// <summary>What is decided of a view and its WAL alone: no next start and no slots were read.</summary>
    internal static Decision Decide(MandatedRequest asked, ClusterView view, WalView wal) => Planner.Decide(asked.Request, asked.Mandate, new(view, wal));

    /// <summary>The stages of a plan as calls, for comparison.</summary>
    internal static IEnumerable<string> Calls(Plan plan) => plan.Stages.Select(stage => string.Join(" + ", stage.Select(s => $"{s.Node} {s.Path}")));

    /// <summary>The WAL of a view in which each node relates to the focus as given.</summary>
    internal static WalView Wal(ClusterView view, string? focus, Func<string, WalKinship> kinship)
    {
        if (focus is null)
            return WalView.None;
        var asked = view.Nodes.Where(n => n is { Reachable: true, DataProblem: null }).ToArray();
        return new(
            focus,
            asked.ToDictionary(n => n.Node, n => (Answer<WalPosition>)Position(n, n.Node == focus ? null : kinship(n.Node))),
            asked.Where(n => n.Node != focus).ToDictionary(n => n.Node, n => Kin(n.Node, focus, kinship(n.Node), new(0x3000000))));
    }

    /// <summary>How a node relates to another, as if it had been proven.</summary>
    internal static WalAncestry Kin(string node, string other, WalKinship kinship, Lsn commonEnd) =>
        new(node, other, kinship, commonEnd, new WalEqual(new(0x1000000), commonEnd, "aa", new(node, commonEnd, new(1)), new(other, commonEnd, new(1))));

    /// <summary>A node that holds WAL from 0/1000000 to 0/4000000 along a lineage.</summary>
    internal static WalPosition Position(string node, params TimelineSpan[] lineage) => new()
    {
        Node = node,
        SystemIdentifier = System,
        Timeline = lineage[^1].Timeline,
        End = new(0x4000000),
        Oldest = new(0x1000000),
        Lineage = lineage,
        SegmentSize = 1 << 24,
    };

    private static WalPosition Position(NodeObservation node, WalKinship? kinship) => new()
    {
        Node = node.Node,
        SystemIdentifier = System,
        Timeline = new(1),
        End = new(kinship switch { WalKinship.Behind => 0x2F00000UL, WalKinship.Ahead => 0x3100000UL, _ => 0x3000000UL }),
        Oldest = new(0x1000000),
        Lineage = [new TimelineSpan(new(1), Lsn.Zero, null)],
        SegmentSize = 1 << 24,
        StoppedAs = node.State == NodeState.Stopped ? node.Control?.State : null,
        CheckpointEnd = new(0x3000000),
    };

    private static NodeObservation Stopped(string name) => new() { Node = name, BootId = "boot", LiveOperations = [], Server = ServerStatus.Stopped };

    private static NodeObservation Base(string name, DbState state) => Stopped(name) with
    {
        Node = name,
        BootId = "boot",
        Control = new(System, state, new(1), new(0x2000060), new(0x2000028), Lsn.Zero, 1 << 24),
    };

    private static NodeObservation Running(string name, DbState state, SqlFacts sql) =>
        Base(name, state) with { Server = ServerStatus.Running, Sql = sql };
}
