using PgHa.Formats;

namespace PgHa.Client.Facts;

/// <summary>A physical replication slot on a running server.</summary>
/// <param name="Name">Its name: of one of ours that of the node it is kept for.</param>
/// <param name="Active">A WAL sender uses it now.</param>
/// <param name="HoldsBytes">How much WAL lies between its restart LSN and the end.</param>
/// <param name="RestartLsn">WAL from here on is kept; null if none is.</param>
/// <param name="WalStatus">reserved, extended, unreserved or lost.</param>
public sealed record PhysicalSlotFacts(string Name, bool Active, ulong HoldsBytes, Lsn? RestartLsn = null, string? WalStatus = null)
{
    /// <summary>PostgreSQL keeps no WAL for it any more (max_slot_wal_keep_size).</summary>
    public bool Lost => WalStatus == "lost";
}
