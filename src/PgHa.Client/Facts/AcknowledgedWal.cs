using PgHa.Formats;

namespace PgHa.Client.Facts;

/// <summary>How far the holder of the record had flushed its WAL when it was seen last: what it may have acknowledged.</summary>
/// <param name="Epoch">The epoch in which it held the record.</param>
/// <param name="End">Up to where.</param>
public sealed record AcknowledgedWal(long Epoch, Lsn End);
