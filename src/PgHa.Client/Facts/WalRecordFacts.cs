using System.Globalization;
using PgHa.Formats;

namespace PgHa.Client.Facts;

/// <summary>One WAL record, enough to tell it from another at the same position.</summary>
/// <param name="Lsn">Where it starts.</param>
/// <param name="Length">Bytes, its header included.</param>
/// <param name="Prev">Start of the record before.</param>
/// <param name="Crc">CRC-32C, eight hexadecimal digits.</param>
/// <param name="Xid">Its transaction, or zero.</param>
/// <param name="Operation">Resource manager and operation, as pg_waldump names them.</param>
public sealed record WalRecordFacts(Lsn Lsn, uint Length, Lsn Prev, string Crc, uint Xid, string Operation)
{
    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Operation} at {Lsn} ({(Xid == 0 ? "" : $"xid {Xid}, ")}{Length} bytes, CRC {Crc}, prev {Prev})");
}
