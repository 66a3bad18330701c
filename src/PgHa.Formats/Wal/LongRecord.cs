namespace PgHa.Formats.Wal;

/// <summary>Puts a record over several pages together. It grows only as the record's bytes are seen to be there.</summary>
internal sealed class LongRecord(WalPages pages)
{
    private byte[] _bytes = [];
    private int _count;

    /// <summary>The bytes put together so far.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _count);

    /// <summary>The position behind the last byte put in.</summary>
    public Lsn End { get; private set; }

    /// <summary>Reads a record from the page shown on to its end.</summary>
    /// <param name="at">Its start.</param>
    /// <param name="total">Its length.</param>
    /// <param name="previous">The record before, to which its header must link.</param>
    /// <returns>Null, or why there is no such record; None when another record overwrites it from a page on.</returns>
    public WalFault? Read(Lsn at, uint total, Lsn previous)
    {
        var timeline = pages.Header.Timeline;
        var page = pages.Start;
        var rest = pages.Bytes[(int)(at.Value - page)..];
        if (pages.Bytes.Length < WalPages.PageSize)
            return WalPages.Missing(at.Value + (ulong)rest.Length);
        _count = 0;
        Store(rest, total);
        var isChecked = false;
        while (true)
        {
            // A header may be split too; it is checked as soon as it is whole, before anything else is believed.
            if (!isChecked && _count >= WalRecordHeader.Size)
            {
                if (WalRecordChecks.Header(WalRecordHeader.Read(_bytes, at, timeline), previous) is { } wrong)
                    return wrong;
                isChecked = true;
            }
            if (_count == total)
                return null;
            page += WalPages.PageSize;
            if (Continue(at, page, total) is { } fault)
                return fault;
        }
    }

    private WalFault? Continue(Lsn at, ulong page, uint total)
    {
        if (pages.Enter(page) is { } fault)
            return fault;
        var header = pages.Header;
        if (header.OverwritesContinuation)
            return new WalFault(EndReason.None, new Lsn(page), "", "");
        var left = total - (uint)_count;
        if (!header.IsContinuation || header.Remaining != left)
            return new WalFault(EndReason.BadContinuation, new Lsn(page), $"{left} bytes of the record at {at}",
                header.IsContinuation ? $"{header.Remaining} bytes" : "no continuation");
        var take = (int)Math.Min(left, WalPages.PageSize - header.Size);
        if (pages.Bytes.Length < header.Size + take)
            return WalPages.Missing(page + (ulong)pages.Bytes.Length);
        Store(pages.Bytes.Slice(header.Size, take), total);
        End = new Lsn(page + (ulong)(header.Size + take));
        return null;
    }

    private void Store(ReadOnlySpan<byte> part, uint total)
    {
        var needed = _count + part.Length;
        if (_bytes.Length < needed)
            Array.Resize(ref _bytes, Math.Max((int)Math.Min(total, 2L * needed), 2 * WalPages.PageSize));
        part.CopyTo(_bytes.AsSpan(_count));
        _count = needed;
    }
}
