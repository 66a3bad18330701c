using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Inspect;

/// <summary>Gets a record that was verified; says what is wrong with its parts, if anything is.</summary>
internal delegate FormatError? VisitRecord(WalReader reader);

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
        var (to, rmgrs) = (selection.To ?? new Lsn(ulong.MaxValue), selection.Rmgrs);
        var reader = WalStart.Reader(stream.Read, stream.SegmentSize, from);
        while (_visited < selection.Limit)
        {
            if (!reader.MoveNext())
                return WalEnding.Of(reader, stream, from);
            if (reader.Current.Lsn >= to)
                return WalEnding.AsAsked(reader.Current.Lsn, "--to");
            if (rmgrs is not null && !rmgrs.Contains(reader.Current.Rmgr))
                continue;
            if (visit(reader) is { } error)
                return WalEnding.Unreadable(reader.Current.Lsn, error, stream);
            _visited++;
        }
        return WalEnding.AsAsked(reader.Current.Lsn.IsValid ? reader.Current.End : from, "--limit");
    }
}
