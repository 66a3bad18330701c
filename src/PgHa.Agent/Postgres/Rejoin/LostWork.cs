using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>A commit found in the WAL, with the relations its records name.</summary>
internal sealed record FoundCommit(TransactionEnd End, Lsn Lsn, IReadOnlyCollection<RelationId> Relations);

/// <summary>What was committed from a position on: an account of transactions, read from the WAL.</summary>
internal sealed class LostWork
{
    private const int MostListed = 10_000;
    private const int MostRelations = 200;
    private const byte Storage = 2, CreateInfo = 0x10;
    private readonly Dictionary<uint, HashSet<RelationId>> _touched = [];

    /// <summary>The first ten thousand commits, in their order.</summary>
    internal List<FoundCommit> Commits { get; } = [];

    /// <summary>How many there are in all.</summary>
    internal long Count { get; private set; }

    /// <summary>Relation files created on the way: the other node's catalogue does not know them, or means others by the same number.</summary>
    internal HashSet<RelationId> Created { get; } = [];

    /// <summary>Reads to the end of the reader's WAL; it stands on the first record.</summary>
    internal static LostWork Read(WalReader reader, CancellationToken cancel)
    {
        var work = new LostWork();
        do
        {
            cancel.ThrowIfCancellationRequested();
            if (WalRecord.TryRead(reader.Current, reader.Data, reader.Major, out var record, out _))
                work.Add(record, reader.Major);
        }
        while (reader.MoveNext());
        return work;
    }

    private void Add(in WalRecord record, int major)
    {
        if (record.Header.Rmgr == Storage && (record.Header.Info & 0xF0) == CreateInfo && record.MainData.Length >= 12)
            Created.Add(new(BitConverter.ToUInt32(record.MainData), BitConverter.ToUInt32(record.MainData[4..]), BitConverter.ToUInt32(record.MainData[8..])));
        if (record.Header.Xid != 0)
            Touch(record);
        if (TransactionEnd.TryRead(record, major, out var end, out _))
            Finish(end, record.Header.Lsn);
    }

    private void Touch(in WalRecord record)
    {
        foreach (var block in record)
        {
            if (!_touched.TryGetValue(record.Header.Xid, out var relations))
                _touched[record.Header.Xid] = relations = [];
            if (relations.Count < MostRelations)
                relations.Add(block.Relation);
        }
    }

    private void Finish(TransactionEnd end, Lsn at)
    {
        var relations = new HashSet<RelationId>();
        foreach (var xid in end.SubtransactionXids.Prepend(end.Xid))
            if (_touched.Remove(xid, out var touched))
                relations.UnionWith(touched);
        if (end.Kind is not (TransactionEndKind.Commit or TransactionEndKind.CommitPrepared))
            return;
        Count++;
        if (Commits.Count < MostListed)
            Commits.Add(new(end, at, relations));
    }
}
