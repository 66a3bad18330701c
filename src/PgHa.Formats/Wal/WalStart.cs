namespace PgHa.Formats.Wal;

/// <summary>Finds where records begin when only some position is known, for example a segment's start.</summary>
public static class WalStart
{
    /// <summary>The first record that starts at a position or behind it (XLogFindNextRecord in access/transam/xlogreader.c).</summary>
    /// <param name="source">Where bytes come from.</param>
    /// <param name="segmentSize">wal_segment_size in bytes.</param>
    /// <param name="at">The position.</param>
    /// <returns>Its start; null when valid WAL ends before.</returns>
    /// <remarks>This trusts the page it begins on: what is found is a chain, but not proven to be the server's own.</remarks>
    public static Lsn? FindRecord(ReadWal source, uint segmentSize, Lsn at) =>
        Reader(source, segmentSize, at) is var reader && reader.MoveNext() ? reader.Current.Lsn : null;

    /// <summary>
    /// A reader that comes to that record first. Where valid WAL ends before, it is the one that found out: it is at the end
    /// and says why.
    /// </summary>
    /// <param name="source">Where bytes come from.</param>
    /// <param name="segmentSize">wal_segment_size in bytes.</param>
    /// <param name="at">The position.</param>
    public static WalReader Reader(ReadWal source, uint segmentSize, Lsn at)
    {
        var reader = new WalReader(source, segmentSize, FirstOnPage(source, segmentSize, at));
        while (reader.MoveNext())
            if (reader.Current.Lsn >= at)
                return new WalReader(source, segmentSize, reader.Current.Lsn);
        return reader;
    }

    /// <summary>Passes over the rest of a record that began before the page; gives a page that is not right as it is.</summary>
    private static Lsn FirstOnPage(ReadWal source, uint segmentSize, Lsn at)
    {
        var pages = new WalPages(source, segmentSize, null);
        for (var page = at.Value - at.Value % WalPages.PageSize; ; page += WalPages.PageSize)
        {
            if (pages.Enter(page) is not null)
                return new Lsn(page);
            var header = pages.Header;
            var rest = header.IsContinuation ? (header.Remaining + 7UL) & ~7UL : 0;
            if (rest < (ulong)(WalPages.PageSize - header.Size))
                return new Lsn(page + (ulong)header.Size + rest);
        }
    }
}
