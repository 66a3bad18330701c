using System.Collections.ObjectModel;
using PgHa.Formats;

namespace PgHa.Client.Facts;

/// <summary>A replication slot of one node: by SQL on a running server, from its state file on a stopped one.</summary>
public sealed record SlotFacts
{
    /// <summary>The slot's name.</summary>
    public required string Name { get; init; }

    /// <summary>The output plugin of a logical slot; null for a physical one.</summary>
    public string? Plugin { get; init; }

    /// <summary>The OID of a logical slot's database; zero for a physical slot.</summary>
    public uint DatabaseOid { get; init; }

    /// <summary>The name of that database; null if only the file was read.</summary>
    public string? Database { get; init; }

    /// <summary>It ends with its session, or is still being made.</summary>
    public bool Temporary { get; init; }

    /// <summary>The process that uses it; null if there is none, and where only the file was read.</summary>
    public int? ActivePid { get; init; }

    /// <summary>The oldest transaction whose rows it needs; null if there is none.</summary>
    public uint? Xmin { get; init; }

    /// <summary>The oldest transaction whose catalog rows it needs; null if there is none.</summary>
    public uint? CatalogXmin { get; init; }

    /// <summary>The oldest WAL it needs; null if there is none.</summary>
    public Lsn? RestartLsn { get; init; }

    /// <summary>Up to where a logical slot's consumer has confirmed; null for a physical slot.</summary>
    public Lsn? ConfirmedFlush { get; init; }

    /// <summary>Whether prepared transactions are decoded.</summary>
    public bool TwoPhase { get; init; }

    /// <summary>17 and later: standbys shall copy it.</summary>
    public bool Failover { get; init; }

    /// <summary>17 and later: a copy that the server itself keeps level.</summary>
    public bool Synced { get; init; }

    /// <summary>Why it can no longer be used (its WAL or its rows are gone), or null.</summary>
    public string? Invalid { get; init; }

    /// <summary>Bytes of WAL it holds back, from <see cref="RestartLsn"/> to the end of WAL; null if that is not known.</summary>
    public ulong? RetainedBytes { get; init; }

    /// <summary>What this node's agent knows of it as a copy of another node's slot; null if there is none of its copies.</summary>
    public SlotCopy? Copy { get; init; }

    /// <summary>Whether it is a logical slot.</summary>
    public bool IsLogical => DatabaseOid != 0;
}

/// <summary>A slot as a copy that the agent keeps level.</summary>
/// <param name="Source">The node whose slot it follows; its own node for one that was an original until that node stopped being primary.</param>
/// <param name="Level">Whether it was level with it once. A slot made by SQL begins later than its original and is no copy before.</param>
/// <param name="Kept">Whether the primary has kept the catalog rows it needs, at every look since it was safe by its position.</param>
public sealed record SlotCopy(string Source, bool Level, bool Kept = false);

/// <summary>A slot's folder that no server would start with.</summary>
/// <param name="Name">The folder.</param>
/// <param name="Problem">What is wrong with its state file.</param>
public sealed record BrokenSlot(string Name, string Problem);

/// <summary>All replication slots of one node, and what decisions about them need to know of it.</summary>
public sealed record SlotsReport
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The major version of its data directory.</summary>
    public required int Major { get; init; }

    /// <summary>Whether they were asked of a running server; otherwise they were read from files.</summary>
    public required bool Running { get; init; }

    /// <summary>Up to where a running standby has replayed; null otherwise.</summary>
    public Lsn? Replay { get; init; }

    /// <summary>Whether they are those of a running standby, and nobody's originals.</summary>
    public bool IsStandby => Running && Replay is not null;

    /// <summary>Up to where the node's WAL reaches, where that is known and a consumer may be beyond it; null otherwise.</summary>
    public Lsn? End { get; init; }

    /// <summary>The oldest WAL the node holds without a gap.</summary>
    public Lsn OldestWal { get; init; }

    /// <summary>Whether the running server has hot_standby_feedback on.</summary>
    public bool Feedback { get; init; }

    /// <summary>The physical slot that the running server streams from; empty for none.</summary>
    public string UpstreamSlot { get => field ?? ""; init; }

    /// <summary>17 and later: whether the running server copies failover slots itself.</summary>
    public bool SyncsFailoverSlots { get; init; }

    /// <summary>The running server's wal_level; null if only files were read.</summary>
    public string? WalLevel { get; init; }

    /// <summary>How many slots the running server has room for; null if only files were read.</summary>
    public int? MaxSlots { get; init; }

    /// <summary>The slots by name.</summary>
    public required IReadOnlyList<SlotFacts> Slots { get; init; }

    /// <summary>Folders whose state file is wrong, or was and had to be taken away.</summary>
    public IReadOnlyList<BrokenSlot> Broken { get => field ?? []; init; }

    /// <summary>Slots of the primary that had no copy here when they were looked at last.</summary>
    public IReadOnlyList<string> Missing { get => field ?? []; init; }

    /// <summary>Physical slots of the primary, not pgha's, that had no copy here when they were looked at last.</summary>
    public IReadOnlyList<string> MissingPhysical { get => field ?? []; init; }

    /// <summary>What the server said when a copy could not be made or advanced at the last attempt, by slot.</summary>
    public IReadOnlyDictionary<string, string> Problems { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }

    /// <summary>The slot of that name, or null.</summary>
    public SlotFacts? this[string name] => Slots.FirstOrDefault(s => s.Name == name);
}
