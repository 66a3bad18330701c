using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>
/// The true last record of the local node: on a stopped one that of the chain its position rests on, on a running one the last before
/// the position that its server tells.
/// </summary>
internal sealed class LastRecordReading(WalReading reading)
{
    /// <summary>The last record, or why it cannot be told.</summary>
    internal Answer<LastRecord> Read(NodeObservation seen, WalPosition position)
    {
        if (seen.Control is not { } control)
            return new Refusal(Code.WrongState, $"pg_control of {seen.Node} cannot be read", "look at the disk");
        if (Last(position, control) is not var (start, end))
            return new Refusal(Code.NotFound, $"the checkpoint record {control.CheckPoint} of {seen.Node} is not in its pg_wal",
                "bring the missing WAL back from the archive");
        return new LastRecord
        {
            CheckPoint = control.CheckPoint,
            Redo = control.Redo,
            Timeline = position.Timeline,
            Start = start,
            End = end,
            WalFile = WalSegment.At(position.Timeline, start, control.WalSegmentSize).FileName,
            Flush = seen.Sql?.Flush,
            Receive = seen.Sql?.Receive,
            Replay = seen.Sql?.Replay,
        };
    }

    private (Lsn Start, Lsn End)? Last(WalPosition position, ControlFacts control)
    {
        if (position.LastRecord is { } known)
            return (known, position.End);
        using var folder = reading.Open(position);
        int Upto(Lsn at, Span<byte> buffer) =>
            at >= position.End ? 0 : folder.Read(at, buffer[..(int)Math.Min((ulong)buffer.Length, position.End - at)]);
        var found = WalEnd.FindBefore(folder.Read, control.WalSegmentSize, position.Oldest, position.End)
            ?? WalEnd.Find(Upto, control.WalSegmentSize, control.CheckPoint);
        return found.LastRecord.IsValid ? (found.LastRecord, found.End) : null;
    }
}
