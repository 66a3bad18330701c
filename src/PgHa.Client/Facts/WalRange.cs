using PgHa.Formats;

namespace PgHa.Client.Facts;

/// <summary>WAL that a node holds without a gap.</summary>
/// <param name="From">First byte.</param>
/// <param name="To">One past the last byte.</param>
public sealed record WalRange(Lsn From, Lsn To);
