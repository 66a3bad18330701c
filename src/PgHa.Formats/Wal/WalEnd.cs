namespace PgHa.Formats.Wal;

/// <summary>Where valid WAL ends: an unbroken chain of records from one known to be valid.</summary>
/// <param name="LastRecord">The start of the last record; zero when there is not even the first.</param>
/// <param name="End">The position where the next record would begin.</param>
/// <param name="LastRecordCrc">The last record's CRC-32C.</param>
/// <param name="LastRecordPrev">The start of the record before the last.</param>
/// <param name="Timeline">The timeline of the page on which the last record starts.</param>
/// <param name="Reason">Why nothing follows.</param>
public sealed record WalEnd(
    Lsn LastRecord, Lsn End, uint LastRecordCrc, Lsn LastRecordPrev, TimelineId Timeline, EndReason Reason)
{
    /// <summary>What was expected and found behind the end.</summary>
    public FormatError? Detail { get; init; }

    /// <summary>Follows the records from a known one. Stale pages behind the true end never count: their chain does not join.</summary>
    /// <param name="source">Where bytes come from.</param>
    /// <param name="segmentSize">wal_segment_size in bytes.</param>
    /// <param name="knownRecord">
    /// The start of a record known to be valid: the control file's redo or checkpoint position, or one that a peer confirmed.
    /// </param>
    public static WalEnd Find(ReadWal source, uint segmentSize, Lsn knownRecord) =>
        ToEnd(new WalReader(source, segmentSize, knownRecord), knownRecord);

    /// <summary>Asks again, from the remembered last record on; costs only what is new.</summary>
    /// <returns>Null when that record is no longer there: WAL was overwritten, and the way begins at the checkpoint again.</returns>
    public WalEnd? FindAgain(ReadWal source, uint segmentSize)
    {
        var reader = new WalReader(source, segmentSize, LastRecord);
        var same = LastRecord.IsValid && reader.MoveNext()
            && reader.Current.Crc == LastRecordCrc && reader.Current.Prev == LastRecordPrev;
        return same ? ToEnd(reader, LastRecord) : null;
    }

    /// <summary>
    /// The last record before a position up to which a running server vouches for its WAL. The way begins only as far back as it must;
    /// no stale page can lie there, and the records must reach to that position.
    /// </summary>
    /// <param name="source">Where bytes come from.</param>
    /// <param name="segmentSize">wal_segment_size in bytes.</param>
    /// <param name="oldest">From where on the WAL is there without a gap.</param>
    /// <param name="end">The server's position: flushed by a primary, received or replayed by a standby. It may lie within a record.</param>
    /// <returns>Null when no record begins in between, or the records do not reach the position.</returns>
    public static WalEnd? FindBefore(ReadWal source, uint segmentSize, Lsn oldest, Lsn end)
    {
        ArgumentNullException.ThrowIfNull(source);
        // What a running server has written ahead of its position is not there yet.
        int Upto(Lsn at, Span<byte> buffer) => at >= end ? 0 : source(at, buffer[..(int)Math.Min((ulong)buffer.Length, end - at)]);
        for (var back = 1UL << 17; oldest < end; back <<= 3)
        {
            var from = back < end - oldest ? new Lsn((end.Value - back) / WalPages.PageSize * WalPages.PageSize) : oldest;
            if (WalStart.FindRecord(Upto, segmentSize, from) is { } first)
                return Find(Upto, segmentSize, first) is { Reason: EndReason.MissingSegment } found ? found : null;
            if (from == oldest)
                break;
        }
        return null;
    }

    private static WalEnd ToEnd(WalReader reader, Lsn start)
    {
        while (reader.MoveNext())
        {
        }
        ref readonly var last = ref reader.Current;
        return new WalEnd(last.Lsn, last.Lsn.IsValid ? last.End : start, last.Crc, last.Prev, last.Timeline, reader.EndReason)
        {
            Detail = reader.EndError,
        };
    }
}
