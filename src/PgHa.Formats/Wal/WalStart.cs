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
    public static Lsn? FindRecord(ReadWal source, uint segmentSize, Lsn at)
    {
        if (FirstOnPage(source, segmentSize, at) is not { } first)
            return null;
        var reader = new WalReader(source, segmentSize, first);
        while (reader.MoveNext())
            if (reader.Current.Lsn >= at)
                return reader.Current.Lsn;
        return null;
    }

    /// <summary>Passes over the rest of a record that began before the page.</summary>
    private static Lsn? FirstOnPage(ReadWal source, uint segmentSize, Lsn at)
    {
        var pages = new WalPages(source, segmentSize, null);
        for (var page = at.Value - at.Value % WalPages.PageSize; pages.Enter(page) is null; page += WalPages.PageSize)
        {
            var header = pages.Header;
            var rest = header.IsContinuation ? (header.Remaining + 7UL) & ~7UL : 0;
            if (rest < (ulong)(WalPages.PageSize - header.Size))
                return new Lsn(page + (ulong)header.Size + rest);
        }
        return null;
    }
}
