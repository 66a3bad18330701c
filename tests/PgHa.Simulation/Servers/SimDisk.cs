using PgHa.Agent.Leadership;
using PgHa.Agent.Operations;
using PgHa.Agent.Postgres;
using PgHa.Client.Facts;
using PgHa.Formats.Control;

namespace PgHa.Simulation;

/// <summary>What a machine's disk holds. It outlives every process.</summary>
internal sealed class SimDisk
{
    /// <summary>The data directory; null where it holds nothing.</summary>
    internal SimData? Data { get; set; }

    /// <summary>Its file system is not mounted: an empty directory is in its place.</summary>
    internal bool Away { get; set; }

    /// <summary>Nothing can be written.</summary>
    internal bool Full
    {
        get;
        set => Journal.Full = field = value;
    }

    internal MemoryJournal Journal { get; } = new();

    internal string? LastOperation { get; set; }

    /// <summary>What was seen of the record in etcd.</summary>
    internal RecordMemory Memory { get; set; } = RecordMemory.None;

    /// <summary>What was promised to a holder of the record that could not ask etcd.</summary>
    internal Promise? Promise { get; set; }

    /// <summary>What was noted of a pledge to receive nothing from a holder of the record any more.</summary>
    internal PledgeNote? Pledge { get; set; }

    /// <summary>The server was stopped by a call, and was not started since.</summary>
    internal bool StoppedOnPurpose { get; set; }

    /// <summary>The run of the server that was told to become primary.</summary>
    internal long? Told { get; set; }

    /// <summary>What was saved before WAL was given up: rows that an operator can get back.</summary>
    internal List<SalvageReport> Salvages { get; } = [];

    internal HashSet<long> SalvagedRows { get; } = [];

    internal SimData? Mounted => Away ? null : Data;

    internal void Write()
    {
        if (Full)
            throw new IOException("no space left on the simulated disk");
    }
}

/// <summary>A data directory.</summary>
internal sealed class SimData(string system)
{
    internal string System => system;

    internal SimWal Wal { get; init; } = new();

    internal DbState State { get; set; } = DbState.ShutDown;

    /// <summary>As initdb leaves it.</summary>
    internal static SimData New(string system)
    {
        var data = new SimData(system) { CheckPoint = SimWal.First, CheckPointEnd = SimWal.First + 56 };
        data.Wal.Write(1, new(SimWal.First, SimWal.First + 56, 0, RecordKind.CheckPoint));
        return data;
    }

    /// <summary>Rows whose WAL is recycled: they are in the tables.</summary>
    internal HashSet<long> Settled { get; init; } = [];

    /// <summary>The last checkpoint record, and its end.</summary>
    internal ulong CheckPoint { get; set; }

    internal ulong CheckPointEnd { get; set; }

    internal uint Timeline { get; set; } = 1;

    internal ulong MinRecovery { get; set; }

    internal bool Signal { get; set; }

    /// <summary>Timelines up to this one are reserved by histories in pg_wal: a promotion chooses a higher one.</summary>
    internal uint PassedOver { get; set; }

    /// <summary>synchronous_standby_names, in postgresql.auto.conf.</summary>
    internal string SyncNames { get; set; } = "";

    /// <summary>The node that primary_conninfo names.</summary>
    internal string? Upstream { get; set; }

    /// <summary>
    /// Force had answered for the node, and then somebody else than an agent started its server: it may stream over WAL of its own, because two
    /// promotions can make the same timeline number, and PostgreSQL does not see that.
    /// </summary>
    internal bool Astray { get; set; }

    /// <summary>Names the last start.</summary>
    internal long Run { get; set; }

    internal bool RewindUnfinished { get; set; }

    internal ControlFacts Control => new(system, State, new(Timeline), new(CheckPoint), new(CheckPoint), new(MinRecovery), SimWal.SegmentSize);

    /// <summary>In its tables, and in the WAL that recovery would replay.</summary>
    internal IEnumerable<long> Rows() => Settled.Concat(Wal.Line(Wal.Lineage(SimServer.Reach(this, standby: true).Timeline)).Where(r => r.Kind == RecordKind.Row).Select(r => r.Row));

    /// <summary>WAL before the last checkpoint is removed: recovery never needs it again, a standby that is behind does.</summary>
    internal void Recycle()
    {
        Settled.UnionWith(Wal.Line(Wal.Lineage(Timeline)).Where(r => r.End <= CheckPoint && r.Kind == RecordKind.Row).Select(r => r.Row));
        Wal.Remove(CheckPoint);
    }

    /// <summary>As a base backup takes it: a standby of its source.</summary>
    internal SimData Backup() => new(system)
    {
        Wal = Wal.Copy(),
        Settled = [.. Settled],
        State = DbState.InArchiveRecovery,
        CheckPoint = CheckPoint,
        CheckPointEnd = CheckPointEnd,
        Timeline = Timeline,
        MinRecovery = MinRecovery,
        Signal = true,
        SyncNames = SyncNames,
    };
}
