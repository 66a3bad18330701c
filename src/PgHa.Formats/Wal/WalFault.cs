namespace PgHa.Formats.Wal;

/// <summary>What ended the reading of WAL: the reason, the place, what should stand there and what does.</summary>
/// <param name="Reason">The kind of end.</param>
/// <param name="At">The position looked at.</param>
/// <param name="Expected">What should stand there.</param>
/// <param name="Found">What stands there.</param>
internal sealed record WalFault(EndReason Reason, Lsn At, string Expected, string Found);
