using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Simulation;

/// <summary>The node beside an agent, as it is looked at.</summary>
internal sealed class SimNode(SimAgent agent) : INode, IWalSource
{
    private const long Room = 1L << 40;
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["port"] = "5432",
        ["listen_addresses"] = "*",
        ["wal_level"] = "replica",
        ["max_wal_senders"] = "10",
        ["max_replication_slots"] = "10",
        ["max_connections"] = "100",
        ["max_prepared_transactions"] = "0",
        ["max_locks_per_transaction"] = "64",
        ["max_worker_processes"] = "8",
        ["superuser_reserved_connections"] = "3",
        ["reserved_connections"] = "0",
        ["hot_standby"] = "on",
        ["archive_mode"] = "off",
        ["summarize_wal"] = "off",
        ["sync_replication_slots"] = "off",
        ["recovery_target"] = "",
        ["recovery_target_lsn"] = "",
        ["recovery_target_name"] = "",
        ["recovery_target_time"] = "",
        ["recovery_target_xid"] = "",
        ["recovery_target_timeline"] = "latest",
        ["primary_conninfo"] = "",
        ["restore_command"] = "",
        ["synchronous_standby_names"] = "",
    };

    private SimMachine Machine => agent.Machine;

    public string Name => Machine.Name;

    public IWalSource Wal => this;

    public ISlotSource Slots => field ??= new NoSlots(Machine);

    public async Task<NodeObservation> ObserveAsync(bool fresh, CancellationToken cancel)
    {
        await Task.Delay(TimeSpan.FromMicroseconds(Machine.Field.World.Random.Next(300, 3000)), agent.Process.Time, cancel);
        return Observe();
    }

    public async Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(1), agent.Process.Time, cancel);
        var archive = Machine.Field.Archive;
        var settings = archive is null ? Settings : new(Settings) { ["archive_mode"] = "on", ["restore_command"] = "cp" };
        return new NextStart
        {
            Archived = archive is { Hangs: false } && Machine.Disk.Mounted is { } data ? archive.Newer(data.Timeline) : null,
            ArchiveIsSlow = archive is { Hangs: true },
            Node = Name,
            Settings = settings,
            Running = Machine.Server.Runs ? settings : [],
            Host = Name,
            Port = 5432,
            Listens = true,
            Runs = Machine.Server.Runs,
            Obstacles = [],
        };
    }

    internal NodeObservation Observe()
    {
        var (server, data) = (Machine.Server, Machine.Disk.Mounted);
        return new()
        {
            Node = Name,
            BootId = agent.Boot.Id,
            Identity = agent.Identity,
            LockedBy = agent.Lock.Holder?.Operation,
            LiveOperations = agent.Live.Ids,
            LastStep = agent.Hands.LastStep,
            Server = server.Phase switch
            {
                ServerPhase.None => ServerStatus.Stopped,
                ServerPhase.Starting => ServerStatus.Starting,
                ServerPhase.Up when !server.Answers => ServerStatus.NotAnswering,
                ServerPhase.Up => ServerStatus.Running,
                _ => ServerStatus.ShuttingDown,
            },
            StandbySignal = data?.Signal == true,
            Control = data?.Control,
            Sql = server.Answers ? Sql(server) : null,
            UpstreamNode = server.Streaming ? server.StreamsFrom : null,
            DataProblem = data is null ? "it is empty" : data.RewindUnfinished ? "a rewind of it did not finish" : null,
            RewindUnfinished = data?.RewindUnfinished == true,
            Place = data is null ? new(Room) : null,
            Problem = server.Problem,
            Promoting = server.Told,
            Failover = agent.Failover?.State.Facts,
            ManagesSync = agent.Options.Failover.ManagesSync,
        };
    }

    private SqlFacts Sql(SimServer server) => new()
    {
        InRecovery = server.InRecovery,
        Timeline = !server.InRecovery || server.Streaming ? new(server.Timeline) : null,
        Flush = server.InRecovery ? null : new Lsn(server.Flushed),
        Receive = server.Streaming ? new Lsn(server.End) : null,
        Replay = server.InRecovery ? new Lsn(server.End) : null,
        Streaming = server.Streaming,
        UpstreamHost = server.StreamsFrom,
        UpstreamPort = server.Streaming ? 5432 : null,
        AttachedStandbys = server.Standbys.Count(),
        StandbyNames = [.. Machine.Field.Machines.Where(m => server.Standbys.Contains(m.Server)).Select(m => m.Name)],
        OtherSlots = [],
        MaxSlotWalKeepSize = "-1",
        SynchronousStandbyNames = server.SyncNames,
        AnnouncedName = Name,
        Held = server.InRecovery ? ReplayFacts.Free with { AsksArchive = Machine.Field.Archive is not null } : null,
    };

    public async Task<Answer<WalPosition>> PositionAsync(CancellationToken cancel)
    {
        await Task.Delay(TimeSpan.FromMicroseconds(Machine.Field.World.Random.Next(300, 3000)), agent.Process.Time, cancel);
        return Position();
    }

    internal Answer<WalPosition> Position()
    {
        var server = Machine.Server;
        if (Machine.Disk.Mounted is not { RewindUnfinished: false } data)
            return new Refusal(Code.WrongState, $"{Name} holds no data", "mount its disk");
        if (server is { Phase: ServerPhase.Up, Answers: false })
            return new Refusal(Code.WrongState, $"the server of {Name} does not answer", "look at it");
        if (server.Phase is ServerPhase.Starting or ServerPhase.Stopping && !(server.Phase == ServerPhase.Stopping && data.Control.StoppedCleanly))
            return new Refusal(Code.WrongState, $"the server of {Name} is on its way", "repeat the call");
        var (timeline, end) = server.Phase == ServerPhase.Up ? (server.Timeline, server.Flushed) : SimServer.Reach(data, standby: true);
        var lineage = data.Wal.Lineage(timeline);
        var down = server.Phase != ServerPhase.Up;
        return new WalPosition
        {
            Node = Name,
            SystemIdentifier = data.System,
            Timeline = new(timeline),
            End = new(end),
            Oldest = new(data.Wal.Oldest(lineage, end)),
            Lineage = lineage,
            SegmentSize = SimWal.SegmentSize,
            CheckpointEnd = down ? new Lsn(data.CheckPointEnd) : null,
            StoppedAs = down ? data.State : null,
            StartsOn = down ? new TimelineId(data.Timeline) : null,
            Restores = down && Machine.Field.Archive is not null,
            Run = data.Run.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
    }

    public Task<Answer<LastRecord>> LastRecordAsync(CancellationToken cancel) => throw new NotSupportedException();

    public async Task<Answer<WalDigest>> DigestAsync(Lsn from, Lsn to, CancellationToken cancel)
    {
        var position = await PositionAsync(cancel);
        if (!position.IsOk)
            return position.Refusal;
        return to > position.Value.End ? new WalDigest(from, to) : Machine.Disk.Data!.Wal.Digest(position.Value.Lineage, from, to);
    }

    public async Task<Answer<WalTail>> TailAsync(Lsn at, CancellationToken cancel)
    {
        var position = await PositionAsync(cancel);
        return position.IsOk ? Machine.Disk.Data!.Wal.Tail(position.Value.Lineage, at, position.Value.End) : position.Refusal;
    }

    /// <summary>The records themselves, as text: a timeline and its records.</summary>
    public async Task<Answer<long>> CopyAsync(Lsn from, Lsn to, Stream destination, CancellationToken cancel)
    {
        var position = await PositionAsync(cancel);
        if (!position.IsOk)
            return position.Refusal;
        var copy = SimWalCopy.Of(Machine.Disk.Data!.Wal, position.Value.Lineage, from.Value, to.Value);
        await destination.WriteAsync(copy, cancel);
        return copy.Length;
    }

    public Task<Answer<long>> CopyFileAsync(string name, Stream destination, CancellationToken cancel) => throw new NotSupportedException();

    private sealed class NoSlots(SimMachine machine) : ISlotSource
    {
        public string Name => machine.Name;

        public Task<Answer<SlotsReport>> ReportAsync(CancellationToken cancel) =>
            Task.FromResult<Answer<SlotsReport>>(new SlotsReport { Node = Name, Major = 16, Running = machine.Server.Runs, Slots = [] });

        public Task<Answer<byte[]>> FileAsync(string name, CancellationToken cancel) => throw new NotSupportedException();

        public Task<Answer<DecodingFile[]>> DecodingFilesAsync(Lsn from, CancellationToken cancel) => throw new NotSupportedException();

        public Task<Answer<bool>> LogRunningTransactionsAsync(CancellationToken cancel) => throw new NotSupportedException();
    }
}

/// <summary>Records on their way from one node to another.</summary>
internal static class SimWalCopy
{
    internal static byte[] Of(SimWal wal, IReadOnlyList<TimelineSpan> lineage, ulong from, ulong to)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (var span in lineage)
            foreach (var record in wal.Line([span], from).Where(r => r.Start >= from && r.End <= to))
            {
                writer.Write(span.Timeline.Value);
                writer.Write(record.Start);
                writer.Write(record.End);
                writer.Write(record.Id);
                writer.Write((int)record.Kind);
                writer.Write(record.Row);
            }
        writer.Flush();
        return bytes.ToArray();
    }

    internal static void Place(SimWal wal, byte[] copy)
    {
        using var reader = new BinaryReader(new MemoryStream(copy));
        while (reader.BaseStream.Position < reader.BaseStream.Length)
            wal.Write(reader.ReadUInt32(), new(reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadInt64(), (RecordKind)reader.ReadInt32(), reader.ReadInt64()));
    }
}
