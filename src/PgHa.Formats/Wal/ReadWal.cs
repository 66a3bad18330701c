namespace PgHa.Formats.Wal;

/// <summary>Gives bytes of the WAL stream along a node's lineage, from files, memory or a peer.</summary>
/// <param name="at">The position of the first byte wanted.</param>
/// <param name="buffer">Where the bytes go.</param>
/// <returns>How many bytes there were, fewer than wanted for example at the end of a segment; 0 when that WAL is missing.</returns>
public delegate int ReadWal(Lsn at, Span<byte> buffer);
