namespace PgHa.Formats.Control;

/// <summary>The body of a checkpoint record (CheckPoint, catalog/pg_control.h), of which pg_control keeps a copy.</summary>
/// <param name="Redo">Where replay begins.</param>
/// <param name="ThisTimeline">The timeline at the checkpoint.</param>
/// <param name="PrevTimeline">The timeline before it, if this record begins a new one.</param>
/// <param name="FullPageWrites">full_page_writes at that time.</param>
/// <param name="WalLevel">wal_level at that time; null before version 17, which does not keep it here.</param>
/// <param name="NextXid">The next free transaction id: the epoch in the high 32 bits.</param>
/// <param name="NextOid">The next free OID.</param>
/// <param name="NextMulti">The next free MultiXactId.</param>
/// <param name="NextMultiOffset">The next free MultiXact offset.</param>
/// <param name="OldestXid">The least datfrozenxid of the cluster.</param>
/// <param name="OldestXidDatabase">The database (OID) with it.</param>
/// <param name="OldestMulti">The least datminmxid of the cluster.</param>
/// <param name="OldestMultiDatabase">The database (OID) with it.</param>
/// <param name="Time">When the checkpoint was made.</param>
/// <param name="OldestCommitTsXid">The oldest transaction with a commit timestamp.</param>
/// <param name="NewestCommitTsXid">The newest transaction with a commit timestamp.</param>
/// <param name="OldestActiveXid">The oldest running transaction, for an online checkpoint; otherwise zero.</param>
public sealed record CheckPointCopy(
    Lsn Redo, TimelineId ThisTimeline, TimelineId PrevTimeline, bool FullPageWrites, WalLevel? WalLevel,
    ulong NextXid, uint NextOid, uint NextMulti, uint NextMultiOffset,
    uint OldestXid, uint OldestXidDatabase, uint OldestMulti, uint OldestMultiDatabase,
    DateTimeOffset Time, uint OldestCommitTsXid, uint NewestCommitTsXid, uint OldestActiveXid)
{
    /// <summary>How many times the transaction counter went round.</summary>
    public uint NextXidEpoch => (uint)(NextXid >> 32);

    /// <summary>The next free transaction id without its epoch.</summary>
    public uint NextXidInEpoch => (uint)NextXid;

    internal static CheckPointCopy Read(ref CStruct data, uint version)
    {
        data.Align(8);
        var copy = new CheckPointCopy(
            data.Lsn(), data.Timeline(), data.Timeline(), data.Bool(), version >= 1700 ? (WalLevel)data.Int32() : null,
            data.UInt64(), data.UInt32(), data.UInt32(), data.UInt32(),
            data.UInt32(), data.UInt32(), data.UInt32(), data.UInt32(),
            data.Time(), data.UInt32(), data.UInt32(), data.UInt32());
        data.Align(8);
        return copy;
    }
}
