using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Inspect;

/// <summary>Gets a record.</summary>
internal delegate void VisitRecord(in WalRecord record, int major);

/// <summary>Goes through streams and visits the records asked for.</summary>
internal sealed class WalWalk(WalSelection selection)
{
    private long _visited;

    /// <summary>Visits a stream's records.</summary>
    /// <returns>Where it ended, and why.</returns>
    internal WalEnding Run(WalStream stream, VisitRecord visit)
    {
        var from = selection.From is { } asked ? Lsn.Max(asked, stream.Start) : stream.Start;
        if (from >= stream.End || selection.To <= stream.Start)
            return WalEnding.Elsewhere(stream);
        var reader = WalStart.Reader(stream.Read, stream.SegmentSize, from);
        while (_visited < selection.Limit)
        {
            if (!reader.MoveNext())
                return WalEnding.Of(reader, stream, from);
            if (reader.Current.Lsn >= selection.To)
                return WalEnding.AsAsked(reader.Current.Lsn, "--to");
            if (!WalRecord.TryRead(reader.Current, reader.Data, reader.Major, out var record, out var error))
                return WalEnding.Unreadable(reader.Current.Lsn, error, stream);
            if (selection.Rmgrs?.Contains(record.Header.Rmgr) == false)
                continue;
            visit(record, reader.Major);
            _visited++;
        }
        return WalEnding.AsAsked(reader.Current.Lsn.IsValid ? reader.Current.End : from, "--limit");
    }
}
