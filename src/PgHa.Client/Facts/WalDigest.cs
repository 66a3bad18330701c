using PgHa.Formats;

namespace PgHa.Client.Facts;

/// <summary>A 128-bit XXH128 over the WAL bytes of a range, read along one node's own lineage.</summary>
/// <param name="From">First byte.</param>
/// <param name="To">One past the last byte.</param>
/// <param name="Hash">Hexadecimal; null if the node does not hold the whole range.</param>
public sealed record WalDigest(Lsn From, Lsn To, string? Hash = null);
