using PgHa.Client.Facts;
using PgHa.Formats;
using PgHa.Formats.Control;

namespace PgHa.Commands.Tests;

/// <summary>Clusters as an agent would describe them.</summary>
internal static class Sketch
{
    public static readonly Lsn End = new(0x3000148);

    public static ClusterStatus Of(params NodeStatus[] nodes) => new() { Cluster = "main", Asked = "n1", Nodes = nodes };

    public static ClusterStatus Whole() => Of(Primary("n1", "n2", "n3"), Standby("n2"), Standby("n3"));

    public static NodeStatus Primary(string name, params string[] standbys) => new()
    {
        Seen = Seen(name, DbState.InProduction) with
        {
            Server = ServerStatus.Running,
            Sql = new() { InRecovery = false, Timeline = new(1), Flush = End, AttachedStandbys = standbys.Length },
        },
        Version = "0.1.0",
        PendingRestart = [],
        Standbys = [.. standbys.Select(s => new AttachedStandby(s, "async", 0, 0))],
        Slots = [.. standbys.Select(s => new SlotStanding(SlotName.Of(s), false, true, 0, "reserved"))],
    };

    public static NodeStatus Standby(string name) => new()
    {
        Seen = Seen(name, DbState.InArchiveRecovery) with
        {
            Server = ServerStatus.Running,
            StandbySignal = true,
            UpstreamNode = "n1",
            Sql = new() { InRecovery = true, Timeline = new(1), Receive = End, Replay = End, Streaming = true, Held = ReplayFacts.Free },
        },
        Version = "0.1.0",
        PendingRestart = [],
        Standbys = [],
        Slots = [],
    };

    public static NodeStatus Stopped(string name, bool signal = true) => new() { Seen = Seen(name, signal ? DbState.ShutDownInRecovery : DbState.ShutDown) with { StandbySignal = signal }, Version = "0.1.0" };

    public static NodeStatus Away(string name) => new() { Seen = NodeObservation.Unreachable(name, "its agent does not answer: no answer in time") };

    public static NodeStatus With(this NodeStatus status, Func<NodeObservation, NodeObservation> change) => status with { Seen = change(status.Seen) };

    private static NodeObservation Seen(string name, DbState state) => new()
    {
        Node = name,
        BootId = "b",
        LiveOperations = [],
        Server = ServerStatus.Stopped,
        Control = new("7413000000000000001", state, new(1), End, End, Lsn.Zero, 1 << 24),
    };
}
