using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Postgres;

/// <summary>
/// The true last record of the local node. The end found is remembered, so that asking again costs only what is new; it is forgotten
/// as soon as another server may have written since (another process, or another control file of a stopped one).
/// </summary>
internal sealed class LastRecordReading(DataDirectory data, WalReading reading)
{
    private readonly Lock _gate = new();
    private (string Run, WalEnd End)? _remembered;

    /// <summary>The last record, or why it cannot be told.</summary>
    internal Answer<LastRecord> Read(NodeObservation seen)
    {
        var position = reading.Position(seen);
        if (!position.IsOk)
            return position.Refusal;
        if (seen.Control is not { } control)
            return new Refusal(Code.WrongState, $"pg_control of {seen.Node} cannot be read", "look at the disk");
        var end = End(position.Value, control, Run(control, position.Value));
        if (!end.LastRecord.IsValid)
            return new Refusal(Code.NotFound, $"the checkpoint record {control.CheckPoint} of {seen.Node} is not in its pg_wal",
                "bring the missing WAL back from the archive");
        return new LastRecord
        {
            CheckPoint = control.CheckPoint,
            Redo = control.Redo,
            Timeline = position.Value.Timeline,
            Start = end.LastRecord,
            End = end.End,
            WalFile = WalSegment.At(position.Value.Timeline, end.LastRecord, control.WalSegmentSize).FileName,
            Flush = seen.Sql?.Flush,
            Receive = seen.Sql?.Receive,
            Replay = seen.Sql?.Replay,
        };
    }

    private WalEnd End(WalPosition position, ControlFacts control, string run)
    {
        using var folder = reading.Open(position);
        // A running server writes pages ahead of what it has flushed: what lies past the position is not there yet.
        int Upto(Lsn at, Span<byte> buffer) =>
            at >= position.End ? 0 : folder.Read(at, buffer[..(int)Math.Min((ulong)buffer.Length, position.End - at)]);
        lock (_gate)
        {
            var again = _remembered is { } last && last.Run == run && last.End.LastRecord >= control.CheckPoint
                ? last.End.FindAgain(Upto, control.WalSegmentSize)
                : null;
            var end = again ?? WalEnd.Find(Upto, control.WalSegmentSize, control.CheckPoint);
            _remembered = end.LastRecord.IsValid ? (run, end) : null;
            return end;
        }
    }

    /// <summary>Names the time in which nobody but one server can have written: its process, or the control file of the stopped one.</summary>
    private string Run(ControlFacts control, WalPosition position) => PostmasterPid.ReadReady(data.Root) is { } server
        ? $"server {server.Pid} on timeline {position.Timeline}"
        : $"stopped: {control.State} {control.CheckPoint} {position.Timeline} {position.End}";
}
