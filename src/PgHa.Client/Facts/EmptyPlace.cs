using PgHa.Client.Operations;

namespace PgHa.Client.Facts;

/// <summary>The place of a data directory that is still to be made: a missing or an empty directory.</summary>
/// <param name="FreeBytes">Bytes the agent's user can still write on its file system.</param>
/// <param name="Problem">Why none can be made there, or null.</param>
public sealed record EmptyPlace(long FreeBytes, Refusal? Problem = null);
