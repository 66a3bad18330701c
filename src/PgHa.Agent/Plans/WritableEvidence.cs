using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>Another node holds WAL that a candidate misses.</summary>
/// <param name="Node">The other node.</param>
/// <param name="Candidate">The node that is to become writable.</param>
/// <param name="Wal">The verdict on their WAL.</param>
public sealed record HoldsMissingWal(string Node, string Candidate, Evidence Wal) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} holds WAL that {Candidate} misses: {Wal}";
}

/// <summary>A promotion of the candidate's line went on without another node.</summary>
/// <param name="Node">The other node.</param>
/// <param name="Candidate">The node that is to become writable.</param>
/// <param name="Wal">The verdict on their WAL.</param>
public sealed record WasLeftBehind(string Node, string Candidate, Evidence Wal) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} was left behind on an older timeline by the promotion of {Candidate}'s line: {Wal}";
}

/// <summary>Another node ended, by its lineage, before all WAL that could prove it.</summary>
/// <param name="Node">The other node.</param>
/// <param name="Candidate">The node that is to become writable.</param>
public sealed record EndedBeforeOldest(string Node, string Candidate) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} ended on the line of {Candidate}, before the oldest WAL that is still held";
}

/// <summary>A rewind of another node did not end: what only it held was salvaged before.</summary>
/// <param name="Node">The other node.</param>
/// <param name="Problem">Why its data cannot be read.</param>
public sealed record HoldsNothingOwn(string Node, string Problem) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} holds no data of its own any more: {Problem}";
}
