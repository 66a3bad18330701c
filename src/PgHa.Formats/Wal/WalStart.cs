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

    /// <summary>The record that covers a position: the last one to start at it or before it, or the first behind it where the position lies between two.</summary>
    /// <param name="source">Where bytes come from.</param>
    /// <param name="segmentSize">wal_segment_size in bytes.</param>
    /// <param name="at">The position.</param>
    /// <returns>A reader that stands on the record; null when valid WAL ends before, or its beginning is missing.</returns>
    /// <remarks>This trusts the pages before the position, which the caller knows to be the server's own.</remarks>
    public static WalReader? Covering(ReadWal source, uint segmentSize, Lsn at)
    {
        if (FirstBefore(source, segmentSize, at) is not { } first)
            return null;
        var reader = new WalReader(source, segmentSize, first);
        while (reader.MoveNext())
            if (reader.Current.End > at)
                return reader;
        return null;
    }

    /// <summary>Goes back page by page to one on which a record starts at the position or before it.</summary>
    internal static Lsn? FirstBefore(ReadWal source, uint segmentSize, Lsn at)
    {
        var pages = new WalPages(source, segmentSize, null);
        for (var page = at.Value - at.Value % WalPages.PageSize; pages.EnterAnew(page) is null; page -= WalPages.PageSize)
        {
            if (RestOnPage(pages.Header) is { } rest && (page + rest <= at.Value || !pages.Header.IsContinuation))
                return new Lsn(page + rest);
            if (page == 0)
                break;
        }
        return null;
    }

    /// <summary>The offset of the first record that starts on a page; null if an earlier one takes it all.</summary>
    private static ulong? RestOnPage(in WalPageHeader header)
    {
        var rest = header.IsContinuation ? (header.Remaining + 7UL) & ~7UL : 0;
        return rest < (ulong)(WalPages.PageSize - header.Size) ? (ulong)header.Size + rest : null;
    }

    /// <summary>Passes over the rest of a record that began before the page; gives a page that is not right as it is.</summary>
    private static Lsn FirstOnPage(ReadWal source, uint segmentSize, Lsn at)
    {
        var pages = new WalPages(source, segmentSize, null);
        for (var page = at.Value - at.Value % WalPages.PageSize; ; page += WalPages.PageSize)
        {
            if (pages.Enter(page) is not null)
                return new Lsn(page);
            if (RestOnPage(pages.Header) is { } first)
                return new Lsn(page + first);
        }
    }
}
