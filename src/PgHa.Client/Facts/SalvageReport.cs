using PgHa.Formats;

namespace PgHa.Client.Facts;

/// <summary>What was saved of a node before its WAL past a fork was given up.</summary>
public sealed record SalvageReport
{
    /// <summary>Names the salvage, and its folder under <c>state_dir/salvage</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The node whose WAL it is.</summary>
    public required string Node { get; init; }

    /// <summary>The node it parted from.</summary>
    public required string Source { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset Taken { get; init; }

    /// <summary>The cluster.</summary>
    public required string SystemIdentifier { get; init; }

    /// <summary>The timeline the WAL ends on.</summary>
    public required TimelineId Timeline { get; init; }

    /// <summary>Where the nodes part: the start of the first record that exists only here.</summary>
    public required Lsn Fork { get; init; }

    /// <summary>End of the node's WAL.</summary>
    public required Lsn End { get; init; }

    /// <summary>Why the nodes are said to part there.</summary>
    public required string Evidence { get; init; }

    /// <summary>Bytes of WAL that exist only here.</summary>
    public ulong Bytes => End - Fork;

    /// <summary>How many commits are lost; more than listed where there were very many.</summary>
    public long CommitCount { get; init; }

    /// <summary>The commits that are lost, in their order.</summary>
    public IReadOnlyList<LostCommit> Commits { get => field ?? []; init; }

    /// <summary>The call that makes a server beside, from which the lost rows are read; BASE and DIRECTORY are explained in the salvage's report.txt.</summary>
    public string? Recipe { get; init; }

    /// <summary>The saved files, relative to the salvage's folder.</summary>
    public IReadOnlyList<string> Files { get => field ?? []; init; }
}

/// <summary>A transaction that was committed past the fork.</summary>
/// <param name="Xid">Its number.</param>
/// <param name="Time">When it was committed.</param>
/// <param name="Lsn">Its commit record.</param>
/// <param name="Gid">The name of a prepared transaction, where the WAL carries it.</param>
/// <param name="Relations">What it touched past the fork.</param>
public sealed record LostCommit(uint Xid, DateTimeOffset Time, Lsn Lsn, IReadOnlyList<TouchedRelation> Relations, string? Gid = null);

/// <summary>A relation that a lost commit touched.</summary>
/// <param name="File">Tablespace, database and file node, as pg_waldump prints them.</param>
/// <param name="Name">Database and relation, where the other node's catalogue could be asked; null for one that was created past the fork.</param>
public sealed record TouchedRelation(string File, string? Name = null);
