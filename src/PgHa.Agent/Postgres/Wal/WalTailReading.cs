using System.Globalization;
using PgHa.Client.Facts;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>Walks the WAL from a position to its end, to say what exists there.</summary>
internal static class WalTailReading
{
    private const byte Transaction = 1;

    internal static WalTail Read(WalFolder folder, WalPosition position, Lsn at, CancellationToken cancel)
    {
        if (at >= position.End || Upto(folder, position.End, at) is not { } reader)
            return new() { From = position.End, End = position.End, Commits = 0 };
        var first = reader.Current;
        var facts = Describe(reader);
        var commits = 0L;
        do
        {
            cancel.ThrowIfCancellationRequested();
            commits += IsCommit(reader) ? 1 : 0;
        }
        while (reader.MoveNext());
        return new() { From = first.Lsn, End = position.End, Commits = commits, First = facts };
    }

    /// <summary>A reader on the record that covers a position; it ends with the WAL that is really there.</summary>
    internal static WalReader? Upto(WalFolder folder, Lsn end, Lsn at) => WalStart.Covering(
        (lsn, buffer) => lsn >= end ? 0 : folder.Read(lsn, buffer[..(int)Math.Min((ulong)buffer.Length, end - lsn)]), folder.SegmentSize, at);

    internal static bool IsCommit(WalReader reader) =>
        reader.Current.Rmgr == Transaction && WalRecord.TryRead(reader.Current, reader.Data, reader.Major, out var record, out _)
        && TransactionEnd.TryRead(record, reader.Major, out var end, out _) && end.Kind is TransactionEndKind.Commit or TransactionEndKind.CommitPrepared;

    private static WalRecordFacts Describe(WalReader reader)
    {
        ref readonly var header = ref reader.Current;
        return new(header.Lsn, header.TotalLength, header.Prev, header.Crc.ToString("X8", CultureInfo.InvariantCulture), header.Xid,
            $"{ResourceManager.NameOf(header.Rmgr)} {WalOperation.NameOf(header.Rmgr, header.Info, reader.Major)}");
    }
}
