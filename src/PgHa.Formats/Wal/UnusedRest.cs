namespace PgHa.Formats.Wal;

/// <summary>
/// The rest of a segment behind a switch record (XLOG_SWITCH). No WAL stands there. A server fills it with zeros, but where it was stopped
/// in between, or a walreceiver was, the file still has there what it held before it was recycled.
/// </summary>
public static class UnusedRest
{
    /// <summary>Where the unused rest of a segment begins.</summary>
    /// <param name="source">Where bytes come from; the segment's are there from its beginning on.</param>
    /// <param name="segmentSize">wal_segment_size in bytes.</param>
    /// <param name="upto">Up to where the WAL is known to reach: the segment is that of the byte before, and nothing behind is looked at.</param>
    /// <returns>Null where the segment has none before that position.</returns>
    public static Lsn? Begin(ReadWal source, uint segmentSize, Lsn upto)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!upto.IsValid)
            return null;
        int Upto(Lsn at, Span<byte> buffer) => at >= upto ? 0 : source(at, buffer[..(int)Math.Min((ulong)buffer.Length, upto - at)]);
        var last = upto.Value - 1;
        var page = last - (last % WalPages.PageSize);
        // A page that is in order where the WAL ends was written, and so was all before it: only a switch on it, or one that ends on it, counts.
        var start = new WalPages(Upto, segmentSize, null).Enter(page) is null
            ? WalStart.FirstBefore(Upto, segmentSize, new Lsn(page)) ?? new Lsn(page)
            : new Lsn(last - (last % segmentSize));
        var reader = WalStart.Reader(Upto, segmentSize, start);
        while (reader.MoveNext())
            if (reader.Current.IsSwitch && reader.Current.End.Value > last)
                return new Lsn((reader.Current.EndExact.Value + 7) & ~7UL);
        return null;
    }
}
